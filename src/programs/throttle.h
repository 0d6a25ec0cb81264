// SPDX-License-Identifier: Apache-2.0
// How long to wait before a daemon that died is started again: at once, unless it keeps dying at its start.
#pragma once

#include <chrono>

namespace mailtree::programs {

class Throttle {
 public:
  using Span = std::chrono::milliseconds;

  static constexpr Span first_pause{20};          // sessions may be waiting for it
  static constexpr Span longest_pause{60'000};
  static constexpr Span short_life{1'000};        // died at its start rather than at its work
  static constexpr unsigned free_short_lives = 3;  // before the pause begins to double

  // `lived` is the time from its start to its death. `killed`: by SIGKILL, hence not by a mistake of its own.
  Span died_after(Span lived, bool killed);
  [[nodiscard]] bool is_throttling() const { return short_lives_ > free_short_lives; }

 private:
  unsigned short_lives_ = 0;
};

}  // namespace mailtree::programs
