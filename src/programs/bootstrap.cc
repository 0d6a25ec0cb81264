// SPDX-License-Identifier: Apache-2.0
// The start and end of every daemon, in the order that security asks for: files and sockets first, then user, then
// sandbox, then the loop.
#include "programs/bootstrap.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/ascii.h"
#include "config/reader.h"
#include "log/log.h"
#include "loop/poll_watcher.h"
#include "loop/process.h"
#include "loop/sandbox.h"
#include "loop/task_group.h"
#include "programs/daemon_options.h"
#include "programs/memory_return.h"
#include "programs/startup.h"

namespace mailtree::programs {
namespace {

int fail(const Error& error, int status) {
  log::event(log::Level::error, "daemon.failed", {{"error", error.detail}});
  return status;
}

// Sockets of the parent, or our own when nobody passed any.
Result<std::vector<Listener>> take_listeners(const config::Settings& settings, const DaemonLine& daemon,
                                             const std::string& instance) {
  const char* const passed = std::getenv(listeners_variable);
  if (passed == nullptr) {
    if (auto made = make_directory(settings.run_directory, 0755, nullptr); !made) return made.error();
    return open_listeners(settings, daemon, instance);
  }
  auto listeners = parse_listeners(passed);
  unsetenv(listeners_variable);
  return listeners;
}

Result<void> drop_rights(const config::Settings& settings, const DaemonLine& daemon, const std::string& instance) {
  const std::string& name = settings.users.*daemon.user;
  const bool change = geteuid() == 0 && !name.empty();
  loop::User user;
  if (change) {
    const auto found = loop::find_user(name);
    if (!found) return found.error();
    user = *found;
  }
  if (auto made = make_directories(settings, daemon, instance, change ? &user : nullptr); !made) return made;
  if (change) {
    if (auto done = loop::become(user); !done) return done;
    log::event(log::Level::info, "daemon.rights.dropped", {{"uid", user.uid}, {"gid", user.gid}});
  }
  if (geteuid() == 0) log::event(log::Level::warning, "daemon.rights.kept");
  if (auto done = loop::give_up_privileges(); !done) return done;
  if (auto forbidden = loop::forbid_system_calls(); !forbidden) return forbidden.error();
  const auto abi = loop::enter_sandbox(daemon.rules(settings, instance));
  if (!abi) return abi.error();
  if (*abi == 0) {
    log::event(log::Level::warning, "daemon.sandbox.missing");
  } else {
    log::event(log::Level::debug, "daemon.sandbox.entered", {{"abi", *abi}});
  }
  return {};
}

// Ends with the parent. After the change of user, which clears this.
void follow_parent() {
  const char* const text = std::getenv(parent_variable);
  if (text == nullptr) return;
  const auto parent = ascii::number<std::uint32_t>(text);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (parent && getppid() != static_cast<pid_t>(*parent)) raise(SIGTERM);  // it went before we asked
  unsetenv(parent_variable);
}

loop::Task<void> run_root(Serve serve, Context& context, Result<void>& outcome, bool& done) {
  [[maybe_unused]] const int frame = 0;
  outcome = co_await serve(context);
  done = true;
  context.loop.stop();
}

int run_loop(const config::Settings& settings, const std::string& instance, std::vector<Listener> listeners,
             std::vector<unsigned> peer_uids, UniqueFd statm, Serve serve) {
  loop::Loop loop;
  const MemoryReturn memory_return(loop, std::move(statm));
  loop::Signal stop(loop);
  Context context{loop, settings, instance, std::move(listeners), stop, std::move(peer_uids), {}, take_ready_pipe()};

  bool stopping = false;
  const auto ask_to_stop = [&] {
    if (std::exchange(stopping, true)) _exit(1);  // asked twice: at once
    log::event(log::Level::info, "daemon.stopping");
    stop.set();
  };
  const loop::SignalHandler terminated(loop, SIGTERM, ask_to_stop), interrupted(loop, SIGINT, ask_to_stop);
  const loop::SignalHandler hung_up(loop, SIGHUP, [&] {
    if (context.on_reload) context.on_reload();
  });
  follow_parent();

  // Something that is always watched keeps the loop alive while everybody waits for others.
  const UniqueFd nothing(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  loop::PollWatcher alive(loop, nothing.get(), [](bool, bool) {});
  alive.watch(true, false);

  Result<void> outcome;
  bool done = false;
  loop::TaskGroup root(loop);
  root.spawn(run_root(serve, context, outcome, done));
  while (!done && root.size() > 0) loop.run();
  if (!done) return fail(Error::temporary(Condition::none, "an exception ended the daemon"), 1);
  if (!outcome) return fail(outcome.error(), outcome.error().condition == Condition::syntax ? exit_config : 1);
  log::event(log::Level::info, "daemon.stopped");
  return 0;
}

}  // namespace

UniqueFd Context::take(std::string_view name) {
  for (Listener& listener : listeners) {
    if (listener.name == name && listener.fd) return std::move(listener.fd);
  }
  return UniqueFd();
}

std::vector<UniqueFd> Context::take_all(std::string_view name) {
  std::vector<UniqueFd> all;
  for (UniqueFd fd = take(name); fd; fd = take(name)) all.push_back(std::move(fd));
  return all;
}

void Context::ready() {
  log::event(log::Level::info, "daemon.ready", {{"instance", instance}});
  if (ready_pipe && write(ready_pipe.get(), "1", 1) < 0) {
    log::event(log::Level::warning, "daemon.ready.untold", {{"instance", instance}});
  }
  ready_pipe.reset();
}

loop::Deadline Context::stop_deadline() {
  constexpr std::chrono::seconds patience{5};  // mailtreed waits 6 for the first wave
  return loop::Deadline::after(patience);
}

int run_daemon(int argc, char** argv, std::string_view name, Serve serve) {
  log::set_daemon(name);
  int status = 0;
  auto options = parse_daemon_options(argc, argv, "mailtree-" + std::string(name), OptionSet::daemon, status);
  if (!options) return status;
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);  // until on_reload can be called
  umask(077);
  mallopt(M_ARENA_MAX, 2);  // threads only run blocking calls: arenas of their own would be waste
  raise_descriptor_limit();
  UniqueFd statm(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));

  const auto settings = config::read_file(options->config_file);
  if (!settings) {
    log_lines(settings.error());
    return exit_config;
  }
  apply_log_level(settings->log_level);
  const DaemonLine* const daemon = find_daemon(name);
  if (daemon == nullptr) std::abort();
  if (options->instance.empty()) options->instance = instances_of(*daemon, *settings).front();
  auto listeners = take_listeners(*settings, *daemon, options->instance);
  if (!listeners) return fail(listeners.error(), 1);
  auto uids = daemon_uids(*settings);  // while we are still root, or not
  if (!uids) return fail(uids.error(), exit_config);
  if (auto dropped = drop_rights(*settings, *daemon, options->instance); !dropped) {
    return fail(dropped.error(), dropped.error().kind == Kind::permanent ? exit_config : 1);
  }
  return run_loop(*settings, options->instance, std::move(*listeners), std::move(*uids),
                  std::move(statm), serve);
}

}  // namespace mailtree::programs
