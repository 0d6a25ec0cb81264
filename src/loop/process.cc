// SPDX-License-Identifier: Apache-2.0
#include "loop/process.h"

#include <unistd.h>
#include <uv.h>

#include <map>

extern char** environ;

namespace mailtree::loop {

struct Child::Handle {
  uv_process_t process{};
  Loop* loop = nullptr;
  std::function<void(std::int64_t, int)> exited;
  bool open = true;
};

namespace {

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const auto equals = text.find('=');
    if (equals != std::string::npos) all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : added) all[name] = value;
  std::vector<std::string> lines;
  for (const auto& [name, value] : all) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> all;
  for (auto& text : strings) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Result<std::unique_ptr<Child>> Child::start(Loop& loop, const ChildOptions& options,
                                            std::function<void(std::int64_t, int)> exited) {
  std::vector<std::string> arguments{options.program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = environment_with(options.environment);
  std::vector<char*> argument_pointers = pointers(arguments), environment_pointers = pointers(environment);

  std::vector<uv_stdio_container_t> stdio(3 + options.descriptors.size());
  stdio[0].flags = UV_IGNORE;
  for (std::size_t i = 1; i < stdio.size(); ++i) {
    stdio[i].flags = UV_INHERIT_FD;
    stdio[i].data.fd = i < 3 ? static_cast<int>(i) : options.descriptors[i - 3];
  }

  uv_process_options_t uv_options{};
  uv_options.file = options.program.c_str();
  uv_options.args = argument_pointers.data();
  uv_options.env = environment_pointers.data();
  uv_options.stdio = stdio.data();
  uv_options.stdio_count = static_cast<int>(stdio.size());
  uv_options.exit_cb = [](uv_process_t* process, int64_t status, int signal) {
    auto* handle = static_cast<Handle*>(process->data);
    const Turn turn(*handle->loop);
    if (handle->open && handle->exited) handle->exited(status, signal);
  };

  auto* handle = new Handle;
  handle->loop = &loop;
  handle->exited = std::move(exited);
  handle->process.data = handle;
  const int status = uv_spawn(loop.raw(), &handle->process, &uv_options);
  std::unique_ptr<Child> child(new Child(handle));
  if (status != 0)
    return Error::temporary(Condition::unavailable, "cannot start " + options.program + ": " + uv_strerror(status));
  return child;
}

Child::~Child() {
  handle_->open = false;
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->process),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

pid_t Child::pid() const {
  return handle_->process.pid;
}

void Child::kill(int signal) {
  uv_process_kill(&handle_->process, signal);
}

struct SignalHandler::Handle {
  uv_signal_t signal{};
  Loop* loop = nullptr;
  std::function<void()> arrived;
};

SignalHandler::SignalHandler(Loop& loop, int signal, std::function<void()> arrived) : handle_(new Handle) {
  handle_->loop = &loop;
  handle_->arrived = std::move(arrived);
  handle_->signal.data = handle_;
  uv_signal_init(loop.raw(), &handle_->signal);
  uv_signal_start(
      &handle_->signal,
      [](uv_signal_t* raw, int) {
        auto* handle = static_cast<Handle*>(raw->data);
        const Turn turn(*handle->loop);
        handle->arrived();
      },
      signal);
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle_->signal));  // waiting for a signal alone keeps no process alive
}

SignalHandler::~SignalHandler() {
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->signal),
           [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

}  // namespace mailtree::loop
