// SPDX-License-Identifier: Apache-2.0
// Time as an interface, so that tests own it. Timers use the monotonic side, message dates the wall side.
#pragma once

#include <chrono>

namespace mailtree {

class Clock {
 public:
  using Wall = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
  using Monotonic = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  [[nodiscard]] virtual Wall wall() const = 0;
  [[nodiscard]] virtual Monotonic monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] Monotonic monotonic() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace mailtree
