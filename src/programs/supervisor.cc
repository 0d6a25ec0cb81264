// SPDX-License-Identifier: Apache-2.0
// One coroutine for each process keeps it running; stop() ends them in waves.
#include "programs/supervisor.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "log/log.h"
#include "programs/startup.h"

namespace mailtree::programs {

using loop::Deadline;
using loop::Task;

Supervisor::Supervisor(loop::Loop& loop, const config::Settings& settings, Options options)
    : loop_(loop), settings_(settings), options_(std::move(options)), tasks_(loop), gone_(loop) {}

Supervisor::~Supervisor() = default;

Result<void> Supervisor::open() {
  for (const DaemonLine& line : daemon_table()) {
    const bool shared = line.count == Count::workers;
    const std::vector<std::string> instances = instances_of(line, settings_);
    for (const std::string& instance : instances) {
      processes_.push_back(std::make_unique<Process>(loop_, line, instance));
      if (shared && instance != instances.front()) continue;
      auto listeners = open_listeners(settings_, line, instance);
      if (!listeners) return listeners.error();
      for (const Listener& listener : *listeners) {
        log::event(log::Level::debug, "master.listener.opened", {{"name", listener.name}});
      }
      groups_.push_back({line, shared ? "" : instance, std::move(*listeners)});
    }
  }
  return {};
}

void Supervisor::start() {
  for (const auto& process : processes_) tasks_.spawn(keep_running(*process));
}

Task<void> Supervisor::keep_running(Process& process) {
  [[maybe_unused]] const int frame = 0;
  while (!stopping_) {
    launch(process);
    while (process.state != State::gone) {
      [[maybe_unused]] const auto woken = co_await process.news.wait(Deadline::never());
    }
    const Throttle::Span pause = died(process);
    const Deadline again = Deadline::after(pause);
    while (!stopping_ && !again.has_passed()) {
      [[maybe_unused]] const auto woken = co_await process.news.wait(again);
    }
  }
}

void Supervisor::launch(Process& process) {
  loop::ChildOptions options;
  options.program = options_.program_directory + "/mailtree-" + std::string(process.line.name);
  options.arguments = {"--config", options_.config_file, "--instance", process.instance};
  options.environment = {{parent_variable, std::to_string(getpid())}};
  pass_listeners(process, options);
  UniqueFd far_end;
  process.started = std::chrono::steady_clock::now();
  process.state = State::gone;
  process.exit_status = 127;
  process.exit_signal = 0;
  if (!make_ready_pipe(process, options, far_end)) return;
  auto child = loop::Child::start(loop_, options, [&process](std::int64_t status, int signal) {
    process.exit_status = status;
    process.exit_signal = signal;
    process.state = State::gone;
    process.news.set();
  });
  if (!child) {
    log::event(log::Level::error, "daemon.failed", {{"error", child.error().detail}});
    return;
  }
  process.child = std::move(*child);
  process.state = State::starting;
  log::event(log::Level::info, "master.child.started",
             {{"name", name_of(process)}, {"child", process.child->pid()}, {"restarts", process.restarts}});
  tell_change();
}

void Supervisor::pass_listeners(const Process& process, loop::ChildOptions& options) const {
  constexpr int first_descriptor = 3;
  std::string variable;
  for (const Group& group : groups_) {
    const bool same_instance = process.line.count == Count::workers || group.instance == process.instance;
    if (&group.line != &process.line || !same_instance) continue;
    for (const Listener& listener : group.listeners) {
      const int number = first_descriptor + static_cast<int>(options.descriptors.size());
      variable += (variable.empty() ? "" : ",") + listener.name + "=" + std::to_string(number);
      options.descriptors.push_back(listener.fd.get());
    }
  }
  options.environment.emplace_back(listeners_variable, variable);
}

bool Supervisor::make_ready_pipe(Process& process, loop::ChildOptions& options, UniqueFd& far_end) {
  constexpr int first_descriptor = 3;
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return false;
  process.ready_watcher.reset();
  process.ready_pipe.reset(ends[0]);
  far_end.reset(ends[1]);
  const int number = first_descriptor + static_cast<int>(options.descriptors.size());
  options.environment.emplace_back(ready_variable, std::to_string(number));
  options.descriptors.push_back(far_end.get());
  process.ready_watcher =
      std::make_unique<loop::PollWatcher>(loop_, process.ready_pipe.get(), [this, &process](bool readable, bool) {
        if (readable) became_ready(process);
      });
  process.ready_watcher->watch(true, false);
  return true;
}

// One octet: it serves. End of file without one: it closed the pipe or died; the child's own notice tells more.
void Supervisor::became_ready(Process& process) {
  char octet = 0;
  const ssize_t got = read(process.ready_pipe.get(), &octet, 1);
  process.ready_watcher.reset();
  process.ready_pipe.reset();
  if (got != 1 || process.state != State::starting) return;
  process.state = State::ready;
  if (all_ready() && !told_ready_) {
    told_ready_ = true;
    log::event(log::Level::info, "master.ready", {{"processes", processes_.size()}});
  }
  tell_change();
}

Throttle::Span Supervisor::died(Process& process) {
  const auto lived = std::chrono::duration_cast<Throttle::Span>(std::chrono::steady_clock::now() - process.started);
  process.child.reset();
  process.ready_watcher.reset();
  process.ready_pipe.reset();
  gone_.set();
  tell_change();
  if (stopping_) {
    const bool in_order = process.exit_status == 0 && process.exit_signal == 0;
    log::event(in_order ? log::Level::info : log::Level::error, "master.child.stopped",
               {{"name", name_of(process)}, {"status", process.exit_status}, {"signal", process.exit_signal}});
    return Throttle::Span{0};
  }
  ++process.restarts;
  const Throttle::Span pause = process.throttle.died_after(lived, process.exit_signal == SIGKILL);
  log::event(log::Level::error, "master.child.died",
             {{"name", name_of(process)},
              {"status", process.exit_status},
              {"signal", process.exit_signal},
              {"lived_ms", lived.count()},
              {"again_in_ms", pause.count()}});
  if (process.throttle.is_throttling()) {
    log::event(log::Level::error, "master.child.throttled", {{"name", name_of(process)}, {"pause_ms", pause.count()}});
  }
  process.state = State::waiting;
  return pause;
}

Task<void> Supervisor::stop() {
  constexpr std::array<std::chrono::seconds, stop_waves> patience = {std::chrono::seconds{6}, std::chrono::seconds{2},
                                                                     std::chrono::seconds{2}};
  stopping_ = true;
  for (unsigned wave = 0; wave < stop_waves; ++wave) {
    signal_wave(wave, SIGTERM);
    const Deadline deadline = Deadline::after(patience.at(wave));
    while (!wave_is_gone(wave) && !deadline.has_passed()) {
      [[maybe_unused]] const auto woken = co_await gone_.wait(deadline);
    }
    if (!wave_is_gone(wave)) signal_wave(wave, SIGKILL);
  }
  const Deadline end = Deadline::after(std::chrono::seconds{2});
  [[maybe_unused]] const auto ended = co_await tasks_.wait(end);
}

void Supervisor::signal_wave(unsigned wave, int signal) {
  for (const auto& process : processes_) {
    if (process->line.stop_wave != wave) continue;
    if (process->child) {
      if (signal == SIGKILL) log::event(log::Level::warning, "master.child.killed", {{"name", name_of(*process)}});
      process->child->kill(signal);
    }
    process->news.set();  // one that waits for its next start wakes up and sees the stop
  }
}

bool Supervisor::wave_is_gone(unsigned wave) const {
  return std::none_of(processes_.begin(), processes_.end(),
                      [&](const auto& process) { return process->line.stop_wave == wave && process->child; });
}

void Supervisor::reload() {
  for (const auto& process : processes_) {
    if (process->state == State::ready) process->child->kill(SIGHUP);
  }
  log::event(log::Level::info, "master.reloaded");
}

Pids Supervisor::pids() const {
  Pids all;
  all["mailtreed"] = {getpid()};
  for (const auto& process : processes_) {
    auto& list = all[std::string(process->line.name)];
    if (process->child) list.push_back(process->child->pid());
  }
  return all;
}

bool Supervisor::all_ready() const {
  return std::all_of(processes_.begin(), processes_.end(),
                     [](const auto& process) { return process->state == State::ready; });
}

std::string Supervisor::report() const {
  constexpr std::size_t name_width = 20;
  constexpr std::array<const char*, 4> words = {"waits for its next start", "starting", "ready", "has just ended"};
  std::string text;
  for (const auto& process : processes_) {
    std::string line = name_of(*process);
    line.resize(std::max(line.size() + 1, name_width), ' ');
    line += words.at(static_cast<std::size_t>(process->state));
    if (process->child) line += ", pid " + std::to_string(process->child->pid());
    if (process->restarts > 0) line += ", restarted " + std::to_string(process->restarts) + " times";
    text += line + "\n";
  }
  return text;
}

void Supervisor::tell_change() const {
  if (changed_) changed_();
}

std::string Supervisor::name_of(const Process& process) {
  const std::string name(process.line.name);
  return process.instance.empty() ? name : name + "-" + process.instance;
}

}  // namespace mailtree::programs
