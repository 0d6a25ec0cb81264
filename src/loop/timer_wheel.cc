// SPDX-License-Identifier: Apache-2.0
#include "loop/timer_wheel.h"

#include <algorithm>

namespace mailtree::loop {

std::uint64_t TimerWheel::tick_of(Time time) const {
  if (time <= start_) return 0;
  return static_cast<std::uint64_t>((time - start_) / tick);
}

std::optional<TimerWheel::Time> TimerWheel::schedule(Timer& timer, Deadline due) {
  timer.unlink();
  timer.due_ = due;
  if (due.is_never()) return std::nullopt;
  // Rounded up: never early. Never into a slot that was already passed.
  const std::uint64_t wanted = std::max(tick_of(due.time()) + 1, done_ + 1);
  const std::size_t slot = wanted % slots;
  wheel_[slot].insert_before(timer);
  used_.set(slot);
  // Beyond the wheel: looked at once a turn until it is due.
  const std::uint64_t turn = wanted - done_ <= slots ? wanted : done_ + (wanted - done_ - 1) % slots + 1;
  return start_ + turn * tick;
}

void TimerWheel::advance(Time now) {
  const std::uint64_t until = tick_of(now);
  if (until - done_ > slots) done_ = until - slots;  // one whole turn sees every slot
  while (done_ < until) {
    ++done_;
    const std::size_t slot = done_ % slots;
    if (!used_.test(slot)) continue;
    ListNode due;  // expired() may schedule and cancel freely: collect first
    ListNode& head = wheel_[slot];
    for (ListNode* node = head.next(); node != &head;) {
      ListNode* following = node->next();
      if (static_cast<Timer*>(node)->due_.time() <= now) due.insert_before(*node);
      node = following;
    }
    if (!head.linked()) used_.reset(slot);
    while (due.linked()) {
      auto* timer = static_cast<Timer*>(due.next());
      timer->unlink();
      timer->expired();
    }
  }
}

bool TimerWheel::any_scheduled() const {
  for (std::size_t slot = 0; slot < slots; ++slot)
    if (used_.test(slot) && wheel_[slot].linked()) return true;
  return false;
}

std::optional<TimerWheel::Time> TimerWheel::next() const {
  if (used_.none()) return std::nullopt;
  for (std::uint64_t ahead = 1; ahead <= slots; ++ahead)
    if (used_.test((done_ + ahead) % slots)) return start_ + (done_ + ahead) * tick;
  return std::nullopt;
}

}  // namespace mailtree::loop
