// SPDX-License-Identifier: Apache-2.0
// Doubles the pause of a daemon that dies at its start.
#include "programs/throttle.h"

#include <algorithm>

namespace mailtree::programs {

Throttle::Span Throttle::died_after(Span lived, bool killed) {
  constexpr unsigned most_doublings = 16;  // far above longest_pause, far below overflow
  if (lived >= short_life || killed) {
    short_lives_ = 0;
    return first_pause;
  }
  ++short_lives_;
  if (!is_throttling()) return first_pause;
  const unsigned doublings = std::min(short_lives_ - free_short_lives, most_doublings);
  return std::min(first_pause * (std::int64_t{1} << doublings), longest_pause);
}

}  // namespace mailtree::programs
