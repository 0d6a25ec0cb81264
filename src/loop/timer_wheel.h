// SPDX-License-Identifier: Apache-2.0
// The deadlines of a loop: a wheel of 1024 slots of 50 ms. Scheduling and cancelling are O(1); a deadline further away
// than the wheel's 51 s is looked at once a turn.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>

#include "loop/loop.h"

namespace mailtree::loop {

class TimerWheel {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds tick{50};
  static constexpr std::size_t slots = 1024;

  explicit TimerWheel(Time start) : start_(start) {}

  // Returns when advance() has to be called for it; nullopt for never.
  std::optional<Time> schedule(Timer& timer, Deadline due);
  // Calls expired() of everything due at `now`.
  void advance(Time now);
  [[nodiscard]] bool any_scheduled() const;  // O(slots)
  // When advance() should be called next; nullopt when nothing is scheduled. Slots emptied by cancellation are cleared
  // as they are passed, so a wake-up may find nothing.
  [[nodiscard]] std::optional<Time> next() const;

 private:
  [[nodiscard]] std::uint64_t tick_of(Time time) const;

  Time start_;
  std::uint64_t done_ = 0;  // ticks up to here have been looked at
  std::array<ListNode, slots> wheel_;
  std::bitset<slots> used_;
};

}  // namespace mailtree::loop
