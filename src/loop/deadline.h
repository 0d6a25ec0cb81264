// SPDX-License-Identifier: Apache-2.0
// A point of monotonic time at which a wait gives up. Deadlines are passed down, so that steps share one budget.
#pragma once

#include <chrono>

namespace mailtree::loop {

class Deadline {
 public:
  using Time = std::chrono::steady_clock::time_point;

  static Deadline never() { return Deadline(Time::max()); }
  static Deadline after(std::chrono::milliseconds span) { return Deadline(std::chrono::steady_clock::now() + span); }
  static Deadline at(Time time) { return Deadline(time); }

  [[nodiscard]] Time time() const { return time_; }
  [[nodiscard]] bool is_never() const { return time_ == Time::max(); }
  [[nodiscard]] bool has_passed() const { return !is_never() && std::chrono::steady_clock::now() >= time_; }
  [[nodiscard]] Deadline earlier(Deadline other) const { return Deadline(time_ < other.time_ ? time_ : other.time_); }

 private:
  explicit Deadline(Time time) : time_(time) {}
  Time time_;
};

}  // namespace mailtree::loop
