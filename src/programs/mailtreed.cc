// SPDX-License-Identifier: Apache-2.0
// mailtreed: opens the sockets, starts the daemons, keeps them running, stops them. Reads no octet of a stranger.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "admin/command_table.h"
#include "config/reader.h"
#include "log/log.h"
#include "loop/poll_watcher.h"
#include "net/rpc.h"
#include "programs/daemon_options.h"
#include "programs/run_lock.h"
#include "programs/startup.h"
#include "programs/supervisor.h"

namespace mailtree::programs {
namespace {

int fail(const Error& error, int status) {
  log::event(log::Level::error, "daemon.failed", {{"error", error.detail}});
  return status;
}

std::string absolute(const std::string& path) {
  char* const resolved = realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string result(resolved);
  std::free(resolved);
  return result;
}

class Master {
 public:
  Master(const config::Settings& settings, const DaemonOptions& options)
      : settings_(settings),
        options_(options),
        stop_(loop_),
        supervisor_(loop_, settings, {absolute(options.config_file), program_directory()}),
        admin_(loop_),
        commands_(command_lines()) {}

  Result<void> open() {
    if (auto opened = supervisor_.open(); !opened) return opened;
    auto fd = open_socket(settings_, admin::socket_name);
    if (!fd) return fd.error();
    commands_.serve_on(admin_);
    admin_.serve(std::move(*fd));
    return {};
  }

  void run() {
    const loop::SignalHandler terminated(loop_, SIGTERM, [this] { stop_.set(); });
    const loop::SignalHandler interrupted(loop_, SIGINT, [this] { stop_.set(); });
    const loop::SignalHandler hung_up(loop_, SIGHUP, [this] { supervisor_.reload(); });
    const UniqueFd nothing(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));  // keeps the loop alive
    loop::PollWatcher alive(loop_, nothing.get(), [](bool, bool) {});
    alive.watch(true, false);
    supervisor_.on_change([this] { write_files(); });
    supervisor_.start();
    loop::TaskGroup root(loop_);
    root.spawn(wait_and_stop());
    while (root.size() > 0) loop_.run();
  }

 private:
  std::vector<admin::CommandLine> command_lines() {
    using admin::Command;
    using admin::CommandReply;
    return {
        {"status", "server", 0, "Lists the daemons.",
         [this](const Command&) { return CommandReply(supervisor_.all_ready() ? 0 : 1, supervisor_.report()); }},
        {"stop", "server", 0, "Stops everything.",
         [this](const Command&) {
           stop_.set();
           return CommandReply(0, "stopping\n");
         }},
        {"reload", "server", 0, "Has the daemons read their certificates again.",
         [this](const Command&) {
           supervisor_.reload();
           return CommandReply(0, "reloaded\n");
         }},
    };
  }

  loop::Task<void> wait_and_stop() {
    [[maybe_unused]] const int frame = 0;
    [[maybe_unused]] const auto asked = co_await stop_.wait(loop::Deadline::never());
    log::event(log::Level::info, "daemon.stopping");
    co_await supervisor_.stop();
    const loop::Deadline soon = loop::Deadline::after(std::chrono::seconds{1});
    co_await admin_.stop(soon);
    loop_.stop();
  }

  void write_files() const {
    const Pids pids = supervisor_.pids();
    std::vector<Result<void>> written;
    written.push_back(write_state(settings_.run_directory + "/state.json", pids));
    if (!options_.endpoints_file.empty()) written.push_back(update_endpoints(options_.endpoints_file, pids));
    for (const auto& one : written) {
      if (!one) log::event(log::Level::warning, "master.state.unwritten", {{"error", one.error().detail}});
    }
  }

  const config::Settings& settings_;
  const DaemonOptions& options_;
  loop::Loop loop_;
  loop::Signal stop_;
  Supervisor supervisor_;
  net::RpcServer admin_;
  admin::CommandTable commands_;
};

Result<void> make_all_directories(const config::Settings& settings) {
  for (const DaemonLine& daemon : daemon_table()) {
    const std::string& name = settings.users.*daemon.user;
    const bool change = geteuid() == 0 && !name.empty();
    loop::User user;
    if (change) {
      const auto found = loop::find_user(name);
      if (!found) return found.error();
      user = *found;
    }
    for (const std::string& instance : instances_of(daemon, settings)) {
      if (auto made = make_directories(settings, daemon, instance, change ? &user : nullptr); !made) return made;
    }
  }
  return {};
}

// Lock, directories, sockets, daemons; returns when all is stopped.
int run_master(const config::Settings& settings, const DaemonOptions& options) {
  if (auto made = make_directory(settings.run_directory, 0755, nullptr); !made) return fail(made.error(), 1);
  const auto lock = take_run_lock(settings.run_directory);
  if (!lock) return fail(lock.error(), 1);
  end_orphans(settings.run_directory);
  if (auto made = make_all_directories(settings); !made) return fail(made.error(), 1);
  {
    Master master(settings, options);
    if (auto opened = master.open(); !opened) return fail(opened.error(), 1);
    master.run();
  }
  unlink((settings.run_directory + "/state.json").c_str());
  unlink(settings.socket(admin::socket_name).c_str());
  log::event(log::Level::info, "daemon.stopped");
  return 0;
}

int master_main(int argc, char** argv) {
  log::set_daemon("mailtreed");
  int status = 0;
  const auto options = parse_daemon_options(argc, argv, "mailtreed", OptionSet::master, status);
  if (!options) return status;
  std::signal(SIGPIPE, SIG_IGN);
  umask(077);
  raise_descriptor_limit();
  const auto settings = config::read_file(options->config_file);
  if (!settings) {
    log_lines(settings.error());
    return exit_config;
  }
  apply_log_level(settings->log_level);
  return run_master(*settings, *options);
}

}  // namespace
}  // namespace mailtree::programs

int main(int argc, char** argv) { return mailtree::programs::master_main(argc, argv); }
