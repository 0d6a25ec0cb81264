// SPDX-License-Identifier: Apache-2.0
// The event loop of a process: one thread, libuv beneath. Everything in src/loop except WorkerPool's jobs and
// Loop::post belongs to the thread that calls run().
#pragma once

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loop/deadline.h"

struct uv_loop_s;

namespace mailtree::loop {

// A link in one of the loop's intrusive lists; leaves its list when destroyed.
class ListNode {
 public:
  ListNode() : previous_(this), next_(this) {}
  ~ListNode() { unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  [[nodiscard]] bool linked() const { return next_ != this; }
  void unlink() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = this;
  }
  void insert_before(ListNode& node) {  // puts `node` before this one
    node.unlink();
    node.previous_ = previous_;
    node.next_ = this;
    previous_->next_ = &node;
    previous_ = &node;
  }
  [[nodiscard]] ListNode* next() const { return next_; }

 private:
  ListNode* previous_;
  ListNode* next_;
};

// A coroutine that is due to be resumed by the loop, soon. Dropping it takes it out.
class Ready : public ListNode {
 public:
  std::coroutine_handle<> handle;
};

// Something that happens at a deadline. Ticks are 50 ms: early never, late by a tick at most when the loop is free.
class Timer : public ListNode {
 public:
  virtual ~Timer() = default;
  virtual void expired() = 0;

 private:
  friend class TimerWheel;
  Deadline due_ = Deadline::never();
};

class TimerWheel;
class Loop;

// Brackets a callback from libuv: coroutines made ready meanwhile run when the outermost bracket closes.
class Turn {
 public:
  explicit Turn(Loop& loop);
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Loop& loop_;
};

class Loop {
 public:
  Loop();
  ~Loop();  // all sockets, watchers and tasks of this loop must be gone
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop(), or until nothing is left that could ever happen.
  void run();
  void stop();
  // Runs what is due now, without waiting: for tests and orderly shutdown.
  void run_once();

  // From any thread: `job` runs on the loop's thread.
  void post(std::function<void()> job);

  void ready(Ready& node);                    // resumed in order, once, from the loop
  void schedule(Timer& timer, Deadline due);  // re-schedules when it was scheduled already; never() cancels

  // One buffer for all reads of this loop: its content is consumed within the callback.
  [[nodiscard]] char* read_buffer() { return read_buffer_.get(); }
  static constexpr std::size_t read_buffer_bytes = 64 * 1024;

  [[nodiscard]] uv_loop_s* raw() { return uv_.get(); }

 private:
  friend class Turn;
  struct Parts;
  void drain();
  void wake();  // makes run() come back to the ready list without sleeping

  std::unique_ptr<uv_loop_s> uv_;
  std::unique_ptr<char[]> read_buffer_;
  std::unique_ptr<Parts> parts_;
  ListNode ready_;
  int depth_ = 0;
  bool stopped_ = false;
};

}  // namespace mailtree::loop
