// SPDX-License-Identifier: Apache-2.0
#include "loop/loop.h"

#include <uv.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "loop/timer_wheel.h"

namespace mailtree::loop {

struct Loop::Parts {
  explicit Parts(std::chrono::steady_clock::time_point now) : wheel(now) {}
  TimerWheel wheel;
  uv_timer_t timer{};
  uv_async_t posted_signal{};
  uv_idle_t busy{};  // active while coroutines are ready: keeps the loop from sleeping
  std::optional<std::chrono::steady_clock::time_point> armed;
  std::mutex mutex;
  std::vector<std::function<void()>> posted;

  void arm(Loop& loop, std::chrono::steady_clock::time_point when);
};

// A timer that was cancelled leaves the wake-up armed: it then finds nothing to do, which is cheaper than looking.
void Loop::Parts::arm(Loop& loop, std::chrono::steady_clock::time_point when) {
  if (armed && *armed <= when) return;
  armed = when;
  uv_update_time(loop.raw());
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(when - std::chrono::steady_clock::now()).count();
  uv_timer_start(
      &timer,
      [](uv_timer_t* handle) {
        Loop& self = *static_cast<Loop*>(handle->data);
        const Turn turn(self);
        self.parts_->armed.reset();
        self.parts_->wheel.advance(std::chrono::steady_clock::now());
        const auto next = self.parts_->wheel.next();
        if (next) self.parts_->arm(self, *next);
      },
      static_cast<std::uint64_t>(std::max<std::int64_t>(wait, 0)), 0);
}

Loop::Loop()
    : uv_(std::make_unique<uv_loop_t>()),
      read_buffer_(std::make_unique<char[]>(read_buffer_bytes)),
      parts_(std::make_unique<Parts>(std::chrono::steady_clock::now())) {
  if (uv_loop_init(uv_.get()) != 0) std::abort();
  uv_->data = this;
  uv_timer_init(uv_.get(), &parts_->timer);
  uv_idle_init(uv_.get(), &parts_->busy);
  uv_async_init(uv_.get(), &parts_->posted_signal, [](uv_async_t* handle) {
    Loop& self = *static_cast<Loop*>(handle->data);
    const Turn turn(self);
    std::vector<std::function<void()>> jobs;
    {
      const std::lock_guard lock(self.parts_->mutex);
      jobs.swap(self.parts_->posted);
    }
    for (const auto& job : jobs) job();
  });
  parts_->timer.data = parts_->busy.data = parts_->posted_signal.data = this;
  // The wake-up for other threads alone does not keep run() alive, nor does the timer: see run().
  uv_unref(reinterpret_cast<uv_handle_t*>(&parts_->timer));
  uv_unref(reinterpret_cast<uv_handle_t*>(&parts_->posted_signal));
}

Loop::~Loop() {
  uv_close(reinterpret_cast<uv_handle_t*>(&parts_->timer), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&parts_->busy), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&parts_->posted_signal), nullptr);
  uv_run(uv_.get(), UV_RUN_NOWAIT);
  uv_run(uv_.get(), UV_RUN_NOWAIT);
  uv_loop_close(uv_.get());  // EBUSY: a handle of somebody is left; its memory goes with the process
}

void Loop::run() {
  {
    const Turn turn(*this);  // what was made ready before
  }
  // The timer alone does not keep libuv running: a wake-up may be left from a wait that ended long ago.
  auto* const timer = reinterpret_cast<uv_handle_t*>(&parts_->timer);
  uv_run(uv_.get(), UV_RUN_DEFAULT);
  while (!stopped_ && parts_->wheel.any_scheduled()) {
    uv_ref(timer);
    uv_run(uv_.get(), UV_RUN_ONCE);
    uv_unref(timer);
    if (!stopped_) uv_run(uv_.get(), UV_RUN_DEFAULT);
  }
  stopped_ = false;  // here, since stop() before run() counts too
}

void Loop::stop() {
  stopped_ = true;
  uv_stop(uv_.get());
}

void Loop::run_once() {
  if (depth_ > 0) return drain();  // within a callback: libuv's loop must not be entered again
  { const Turn turn(*this); }
  uv_run(uv_.get(), UV_RUN_NOWAIT);
}

void Loop::post(std::function<void()> job) {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->posted.push_back(std::move(job));
  }
  uv_async_send(&parts_->posted_signal);
}

void Loop::ready(Ready& node) {
  ready_.insert_before(node);
  if (depth_ == 0) wake();
}

void Loop::wake() {
  uv_idle_start(&parts_->busy, [](uv_idle_t* handle) {
    uv_idle_stop(handle);
    const Turn turn(*static_cast<Loop*>(handle->data));
  });
}

void Loop::schedule(Timer& timer, Deadline due) {
  const auto when = parts_->wheel.schedule(timer, due);
  if (when) parts_->arm(*this, *when);
}

void Loop::drain() {
  // A bounded share per turn: what is made ready meanwhile waits until input and output had their turn.
  // The nodes stay in the one list, so that a drain() within (run_once() in a destructor) finds them all.
  // The mark lies on the heap: g++ 12 at -O1 takes a local in a list that outlives it for a mistake.
  const auto end = std::make_unique<Ready>();
  ready_.insert_before(*end);
  while (end->linked()) {
    auto* node = static_cast<Ready*>(ready_.next());
    node->unlink();
    if (node->handle) std::exchange(node->handle, {}).resume();
  }
}

Turn::Turn(Loop& loop) : loop_(loop) {
  ++loop_.depth_;
}

Turn::~Turn() {
  if (loop_.depth_ == 1) {
    // Short chains of wake-ups finish at once; longer ones let the loop look at its descriptors in between.
    for (int round = 0; round < 16 && loop_.ready_.linked(); ++round) loop_.drain();
    --loop_.depth_;
    if (loop_.ready_.linked()) loop_.wake();
    return;
  }
  --loop_.depth_;
}

}  // namespace mailtree::loop
