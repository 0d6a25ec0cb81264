// SPDX-License-Identifier: Apache-2.0
// Text of uniques and arithmetic of uid sets.
#include "store/types.h"

#include <algorithm>

namespace mailtree::store {
namespace {

constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648 section 6, lower case
constexpr std::size_t unique_characters = 20;                              // 96 bits in fives, the last has one bit

}  // namespace

std::string unique_text(const Unique& unique) {
  std::string text;
  text.reserve(unique_characters);
  unsigned pending = 0;
  unsigned bits = 0;
  for (const unsigned char octet : unique) {
    pending = (pending << 8) | octet;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text.push_back(alphabet[(pending >> bits) & 31U]);
    }
  }
  text.push_back(alphabet[(pending << (5 - bits)) & 31U]);
  return text;
}

std::optional<Unique> parse_unique(std::string_view text) {
  if (text.size() != unique_characters) return std::nullopt;
  Unique unique{};
  std::size_t at = 0;
  unsigned pending = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const std::size_t value = alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    pending = (pending << 5) | static_cast<unsigned>(value);
    bits += 5;
    if (bits >= 8 && at < unique.size()) {
      bits -= 8;
      unique[at++] = static_cast<unsigned char>(pending >> bits);
    }
  }
  if (unique_text(unique) != text) return std::nullopt;  // bits beyond the 96 set
  return unique;
}

UidSet normalized(UidSet set) {
  UidSet result;
  for (UidRange& range : set) {
    if (range.first > range.last) std::swap(range.first, range.last);
    range.first = std::max<Uid>(range.first, 1);
  }
  std::erase_if(set, [](const UidRange& range) { return range.last == 0; });
  std::sort(set.begin(), set.end(), [](const UidRange& a, const UidRange& b) { return a.first < b.first; });
  for (const UidRange& range : set) {
    if (!result.empty() && range.first <= std::uint64_t{result.back().last} + 1) {
      result.back().last = std::max(result.back().last, range.last);
    } else {
      result.push_back(range);
    }
  }
  return result;
}

void add_uid(UidSet& set, Uid uid) {
  if (!set.empty() && set.back().last + 1 == uid) {
    set.back().last = uid;
  } else {
    set.push_back({uid, uid});
  }
}

std::uint64_t count(const UidSet& set) {
  std::uint64_t sum = 0;
  for (const UidRange& range : set) sum += std::uint64_t{range.last} - range.first + 1;
  return sum;
}

bool contains(const UidSet& set, Uid uid) {
  const auto after = std::upper_bound(set.begin(), set.end(), uid,
                                      [](Uid value, const UidRange& range) { return value < range.first; });
  return after != set.begin() && std::prev(after)->last >= uid;
}

}  // namespace mailtree::store
