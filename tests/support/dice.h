// SPDX-License-Identifier: Apache-2.0
// Numbers from a seed, the same on every machine, for tests that have to be repeated exactly (xorshift64*).
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailtree::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 0x2545F4914F6CDD1DU) {
    if (state_ == 0) state_ = 1;
    for (int i = 0; i < 4; ++i) next();
  }

  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DU;
  }
  // 0 .. bound - 1; bound > 0.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>((next() >> 33) % bound); }
  bool one_in(std::size_t chances) { return below(chances) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace mailtree::test
