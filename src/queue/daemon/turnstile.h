// SPDX-License-Identifier: Apache-2.0
// Turnstile: coroutines pass one at a time, in the order they came. For what must not overlap within one message.
#pragma once

#include <deque>

#include "loop/signal.h"
#include "loop/task.h"

namespace mailtree::queue {

class Turnstile {
 public:
  explicit Turnstile(loop::Loop& loop) : loop_(loop) {}

  // Each enter() is followed by one leave(), whatever happens between.
  loop::Task<void> enter() {
    loop::Signal turn(loop_);
    if (!taken_) {
      taken_ = true;
      co_return;
    }
    waiting_.push_back(&turn);
    const auto passed = co_await turn.wait(loop::Deadline::never());
    static_cast<void>(passed);
  }
  void leave() {
    if (waiting_.empty()) {
      taken_ = false;
      return;
    }
    loop::Signal* const next = waiting_.front();
    waiting_.pop_front();
    next->set();  // the turn passes on without becoming free
  }

 private:
  loop::Loop& loop_;
  std::deque<loop::Signal*> waiting_;
  bool taken_ = false;
};

}  // namespace mailtree::queue
