// SPDX-License-Identifier: Apache-2.0
// TaskGroup: the owner of detached work. A session or a request runs as a root task of a group; the group knows when
// all have ended. Nothing else starts a Task without awaiting it.
#pragma once

#include <cstddef>
#include <functional>

#include "loop/signal.h"
#include "loop/task.h"

namespace mailtree::loop {

class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop) : loop_(loop), empty_(loop) {}
  ~TaskGroup();  // aborts the process if tasks still run: wait() first
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts `task` now, on this stack, until it first suspends. An exception that leaves it is a bug: it is reported
  // through on_failure and the other tasks go on.
  void spawn(Task<void> task);

  // After this spawn() drops its task unstarted. Running tasks are not touched: cancel their streams.
  void close() { closed_ = true; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] std::size_t size() const { return running_; }

  // Waits until no task runs; Error when `deadline` comes first.
  Task<Result<void>> wait(Deadline deadline);

  // Called with what() of an exception that left a task. Default: writes to standard error.
  static std::function<void(const char* what)> on_failure;

 private:
  struct Root;
  static Root run(TaskGroup& group, Task<void> task);

  Loop& loop_;
  Signal empty_;
  std::size_t running_ = 0;
  bool closed_ = false;
};

}  // namespace mailtree::loop
