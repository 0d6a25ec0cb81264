// SPDX-License-Identifier: Apache-2.0
// The keywords of one message as bits; what they mean stands in its folder.
#pragma once

#include <array>
#include <cstdint>

namespace mailtree::store {

// 256 bits; bit n stands for keyword n of the folder (FolderRow::keywords[n]).
struct KeywordSet {
  std::array<std::uint64_t, 4> bits{};

  [[nodiscard]] bool has(std::size_t number) const { return ((bits[number / 64] >> (number % 64)) & 1U) != 0; }
  void set(std::size_t number, bool on = true) {
    const std::uint64_t bit = std::uint64_t{1} << (number % 64);
    bits[number / 64] = on ? bits[number / 64] | bit : bits[number / 64] & ~bit;
  }
  [[nodiscard]] bool empty() const { return (bits[0] | bits[1] | bits[2] | bits[3]) == 0; }
  friend bool operator==(const KeywordSet&, const KeywordSet&) = default;
};

}  // namespace mailtree::store
