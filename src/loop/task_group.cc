// SPDX-License-Identifier: Apache-2.0
#include "loop/task_group.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

namespace mailtree::loop {

std::function<void(const char*)> TaskGroup::on_failure = [](const char* what) {
  const std::string line = std::string("task ended by exception: ") + what + "\n";
  [[maybe_unused]] const auto written = ::write(2, line.data(), line.size());
};

// A coroutine nobody awaits: starts at once and frees itself at its end.
struct TaskGroup::Root {
  struct promise_type {
    Root get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::abort(); }  // run() catches everything
  };
};

TaskGroup::Root TaskGroup::run(TaskGroup& group, Task<void> task) {
  Task<void> owned = std::move(task);
  ++group.running_;
  try {
    co_await owned;
  } catch (const std::exception& failure) {
    on_failure(failure.what());
  } catch (...) {
    on_failure("unknown");
  }
  {
    Task<void> ended = std::move(owned);  // the frame goes before the group counts the task as ended
  }
  if (--group.running_ == 0) group.empty_.set();
}

void TaskGroup::spawn(Task<void> task) {
  if (closed_) return;
  run(*this, std::move(task));
}

TaskGroup::~TaskGroup() {
  if (running_ != 0) std::abort();
}

Task<Result<void>> TaskGroup::wait(Deadline deadline) {
  Result<void> result;
  while (running_ != 0) {
    result = co_await empty_.wait(deadline);
    if (!result) break;
  }
  co_return result;
}

}  // namespace mailtree::loop
