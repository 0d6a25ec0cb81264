// SPDX-License-Identifier: Apache-2.0
#include "loop/signal.h"

#include <cstdlib>

namespace mailtree::loop {

Signal::~Signal() {
  if (waiter_ == nullptr) return;
  waiter_->wake();
  waiter_->signal_ = nullptr;
}

void Signal::set() {
  set_ = true;
  if (waiter_ != nullptr) waiter_->wake();
}

void Signal::cancel(const Error& error) {
  if (!cancelled_) cancelled_ = error;
  if (waiter_ != nullptr) waiter_->wake();
}

Signal::Wait::~Wait() {
  if (signal_ != nullptr && signal_->waiter_ == this) signal_->waiter_ = nullptr;
}

bool Signal::Wait::await_ready() {
  if (signal_->set_ || signal_->cancelled_) return true;
  timed_out_ = deadline_.has_passed();
  return timed_out_;
}

void Signal::Wait::await_suspend(std::coroutine_handle<> parent) {
  if (signal_->waiter_ != nullptr) std::abort();  // two waiters: a bug of the caller, better found at once
  signal_->waiter_ = this;
  ready_.handle = parent;
  signal_->loop_.schedule(*this, deadline_);
}

void Signal::Wait::wake() {
  unlink();  // from the timers
  if (ready_.linked() || !ready_.handle) return;
  signal_->loop_.ready(ready_);
}

void Signal::Wait::expired() {
  timed_out_ = true;
  wake();
}

Result<void> Signal::Wait::await_resume() {
  if (signal_ == nullptr) return Error::cancelled(Condition::stopping, "the awaited object has gone");
  if (signal_->waiter_ == this) signal_->waiter_ = nullptr;
  if (signal_->cancelled_) return *signal_->cancelled_;
  if (signal_->set_) {
    signal_->set_ = false;
    return {};
  }
  return Error::cancelled(Condition::timeout, "deadline");
}

Task<void> sleep(Loop& loop, std::chrono::milliseconds span) {
  Signal never(loop);
  const Deadline until = Deadline::after(span);
  const auto ended = co_await never.wait(until);
  static_cast<void>(ended);
}

namespace {
// Resumed by the next turn of the ready list.
class NextTurn {
 public:
  explicit NextTurn(Loop& loop) : loop_(loop) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> parent) {
    ready_.handle = parent;
    loop_.ready(ready_);
  }
  void await_resume() const noexcept {}

 private:
  Loop& loop_;
  Ready ready_;
};
}  // namespace

Task<void> yield(Loop& loop) {
  [[maybe_unused]] const int frame = 0;
  co_await NextTurn(loop);
}

}  // namespace mailtree::loop
