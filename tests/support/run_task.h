// SPDX-License-Identifier: Apache-2.0
// Runs one task on a loop until it ends.
#pragma once

#include <chrono>
#include <stdexcept>
#include <utility>

#include "loop/loop.h"
#include "loop/task.h"
#include "loop/task_group.h"

namespace mailtree::test {

inline loop::Task<void> run_and_stop(loop::Loop& loop, loop::Task<void> task, bool& ended) {
  loop::Task<void> work = std::move(task);
  co_await work;
  ended = true;
  loop.stop();
}

// However long it takes.
inline void run_to_end(loop::Loop& loop, loop::Task<void> task) {
  bool ended = false;
  loop::TaskGroup group(loop);
  group.spawn(run_and_stop(loop, std::move(task), ended));
  if (!ended) loop.run();
}

// A test that hangs fails after 20 s.
inline void run_task(loop::Loop& loop, loop::Task<void> task) {
  struct Hang : loop::Timer {
    explicit Hang(loop::Loop& l) : loop(l) {}
    void expired() override { loop.stop(); }
    loop::Loop& loop;
  } hang(loop);
  loop.schedule(hang, loop::Deadline::after(std::chrono::seconds(20)));
  bool ended = false;
  {
    loop::TaskGroup group(loop);
    group.spawn(run_and_stop(loop, std::move(task), ended));
    if (!ended) loop.run();
    if (!ended) std::abort();  // the task hangs: no test can go on with it
  }
  hang.unlink();
  for (int i = 0; i < 3; ++i) loop.run_once();  // close callbacks
}

}  // namespace mailtree::test
