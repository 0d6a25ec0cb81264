// SPDX-License-Identifier: Apache-2.0
// Keeps the daemons running: starts each with its sockets, starts it again when it dies, ends all in order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "loop/poll_watcher.h"
#include "loop/process.h"
#include "loop/signal.h"
#include "loop/task_group.h"
#include "programs/bootstrap.h"
#include "programs/daemon_table.h"
#include "programs/state_file.h"
#include "programs/throttle.h"

namespace mailtree::programs {

class Supervisor {
 public:
  struct Options {
    std::string config_file;
    std::string program_directory;  // where mailtree-<daemon> lies
  };

  Supervisor(loop::Loop& loop, const config::Settings& settings, Options options);
  ~Supervisor();

  // Opens every socket, so that a taken port is told before anything runs.
  Result<void> open();
  void start();                         // all daemons; open() first
  loop::Task<void> stop();              // in waves; SIGKILL for those who stay. Returns when all are gone
  void reload();                        // SIGHUP to all

  void on_change(std::function<void()> changed) { changed_ = std::move(changed); }
  [[nodiscard]] Pids pids() const;
  [[nodiscard]] bool all_ready() const;
  [[nodiscard]] std::string report() const;  // lines for a person

 private:
  enum class State : unsigned char { waiting, starting, ready, gone };
  struct Process {
    Process(loop::Loop& loop, const DaemonLine& l, std::string i) : line(l), instance(std::move(i)), news(loop) {}
    const DaemonLine& line;
    std::string instance;
    State state = State::waiting;
    std::unique_ptr<loop::Child> child;
    UniqueFd ready_pipe;
    std::unique_ptr<loop::PollWatcher> ready_watcher;
    loop::Signal news;  // it died, or a stop was asked for
    Throttle throttle;
    std::chrono::steady_clock::time_point started;
    unsigned restarts = 0;
    int exit_signal = 0;
    std::int64_t exit_status = 0;
  };
  struct Group {  // processes that share listening sockets
    const DaemonLine& line;
    std::string instance;  // of a partition; empty for workers
    std::vector<Listener> listeners;
  };

  loop::Task<void> keep_running(Process& process);
  void launch(Process& process);
  void pass_listeners(const Process& process, loop::ChildOptions& options) const;
  bool make_ready_pipe(Process& process, loop::ChildOptions& options, UniqueFd& far_end);
  void became_ready(Process& process);
  Throttle::Span died(Process& process);
  void tell_change() const;
  void signal_wave(unsigned wave, int signal);
  [[nodiscard]] bool wave_is_gone(unsigned wave) const;
  static std::string name_of(const Process& process);

  loop::Loop& loop_;
  const config::Settings& settings_;
  Options options_;
  std::vector<Group> groups_;
  std::vector<std::unique_ptr<Process>> processes_;
  loop::TaskGroup tasks_;
  loop::Signal gone_;  // a process ended
  std::function<void()> changed_;
  bool stopping_ = false;
  bool told_ready_ = false;
};

}  // namespace mailtree::programs
