// SPDX-License-Identifier: Apache-2.0
// sequence-set (RFC 3501 section 9): ranges of message numbers or UIDs, sorted and merged. "*" stays symbolic until the
// mailbox is known. Never expanded into single numbers: 1:4294967295 is one range.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

struct NumberRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;  // inclusive
  friend bool operator==(const NumberRange&, const NumberRange&) = default;
};

class SequenceSet {
 public:
  // 0 stands for "*".
  void add(std::uint32_t a, std::uint32_t b);
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  // With "*" replaced by `largest`: sorted, disjoint, not adjacent. RFC 3501: 9:* holds "*" even if that is below 9.
  [[nodiscard]] std::vector<NumberRange> resolve(std::uint32_t largest) const;
  // The largest number named; "*" not counted.
  [[nodiscard]] std::uint32_t largest_number() const;
  [[nodiscard]] bool has_star() const;
  friend bool operator==(const SequenceSet&, const SequenceSet&) = default;

 private:
  std::vector<NumberRange> ranges_;  // as given
};

// BAD for 0, numbers beyond 2^32-1 and anything else; NO [LIMIT] for too many ranges.
bool read_sequence_set(Decoder& decoder, SequenceSet& set);

// Sorted, disjoint ranges from numbers in any order; writes "1:3,5" as uid-set (RFC 4315).
void merge_ranges(std::vector<NumberRange>& ranges);
bool contains(const std::vector<NumberRange>& sorted, std::uint32_t number);
// Numbers in the order given, runs that rise by one joined: what COPYUID needs (RFC 4315 section 3).
void append_uid_set(std::string& out, const std::vector<std::uint32_t>& numbers);

}  // namespace mailtree::imap
