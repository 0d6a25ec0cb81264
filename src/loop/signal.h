// SPDX-License-Identifier: Apache-2.0
// Signal: one coroutine waits, anybody on the loop's thread wakes it. The building block of all waits:
// each races its event, a deadline and a sticky cancellation.
#pragma once

#include <optional>

#include "base/result.h"
#include "loop/loop.h"
#include "loop/task.h"

namespace mailtree::loop {

class Signal {
 public:
  explicit Signal(Loop& loop) : loop_(loop) {}
  ~Signal();  // a coroutine that still waits is woken with a cancelled error
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // Wakes the waiter; without one the next wait returns at once. Several calls before a wait count as one.
  void set();
  // Makes this and every later wait fail with `error`. The first error stays.
  void cancel(const Error& error);
  [[nodiscard]] const std::optional<Error>& cancelled() const { return cancelled_; }
  [[nodiscard]] bool has_waiter() const { return waiter_ != nullptr; }

  class Wait : private Timer {
   public:
    Wait(Signal& signal, Deadline deadline) : signal_(&signal), deadline_(deadline) {}
    ~Wait() override;
    bool await_ready();
    void await_suspend(std::coroutine_handle<> parent);
    Result<void> await_resume();

   private:
    friend class Signal;
    void expired() override;
    void wake();
    Signal* signal_;
    Deadline deadline_;
    Ready ready_;
    bool timed_out_ = false;
  };

  // Result: set = ok; deadline = Error{cancelled, timeout}; cancelled = its error. One waiter at a time (asserted).
  Wait wait(Deadline deadline) { return Wait(*this, deadline); }

 private:
  Loop& loop_;
  Wait* waiter_ = nullptr;
  bool set_ = false;
  std::optional<Error> cancelled_;
};

// Suspends for at least `span`. Never fails; ends early only by destruction of the frame.
Task<void> sleep(Loop& loop, std::chrono::milliseconds span);

// Lets everything else that is due run first. For long work in slices.
Task<void> yield(Loop& loop);

}  // namespace mailtree::loop
