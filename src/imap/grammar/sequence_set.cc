// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: sequence-set, seq-range, seq-number; RFC 4315: uid-set.
#include "imap/grammar/sequence_set.h"

#include <algorithm>

#include "imap/grammar/encoder.h"
#include "imap/grammar/limits.h"

namespace mailtree::imap {
namespace {

// nz-number or "*" (as 0).
bool read_sequence_number(Decoder& decoder, std::uint32_t& out) {
  if (decoder.skip('*')) {
    out = 0;
    return true;
  }
  return decoder.nz_number(out);
}

}  // namespace

void SequenceSet::add(std::uint32_t a, std::uint32_t b) {
  ranges_.push_back({a, b});
}

std::vector<NumberRange> SequenceSet::resolve(std::uint32_t largest) const {
  std::vector<NumberRange> out;
  out.reserve(ranges_.size());
  for (NumberRange range : ranges_) {
    if (range.first == 0) range.first = largest;
    if (range.last == 0) range.last = largest;
    if (range.first > range.last) std::swap(range.first, range.last);
    if (range.last != 0) out.push_back({std::max(range.first, 1u), range.last});
  }
  merge_ranges(out);
  return out;
}

std::uint32_t SequenceSet::largest_number() const {
  std::uint32_t largest = 0;
  for (const NumberRange& range : ranges_) largest = std::max({largest, range.first, range.last});
  return largest;
}

bool SequenceSet::has_star() const {
  return std::any_of(ranges_.begin(), ranges_.end(), [](const NumberRange& r) { return r.first == 0 || r.last == 0; });
}

bool read_sequence_set(Decoder& decoder, SequenceSet& set) {
  std::size_t count = 0;
  do {
    std::uint32_t first = 0;
    if (!read_sequence_number(decoder, first)) return false;
    std::uint32_t last = first;
    if (decoder.skip(':') && !read_sequence_number(decoder, last)) return false;
    if (++count > max_sequence_ranges) return decoder.fail(Error::permanent(Condition::limit, "Too many ranges"));
    set.add(first, last);
  } while (decoder.skip(','));
  return true;
}

void merge_ranges(std::vector<NumberRange>& ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const NumberRange& a, const NumberRange& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (const NumberRange& range : ranges) {
    if (kept > 0 && (ranges[kept - 1].last == UINT32_MAX || range.first <= ranges[kept - 1].last + 1)) {
      ranges[kept - 1].last = std::max(ranges[kept - 1].last, range.last);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

bool contains(const std::vector<NumberRange>& sorted, std::uint32_t number) {
  const auto after = std::upper_bound(sorted.begin(), sorted.end(), number,
                                      [](std::uint32_t n, const NumberRange& range) { return n < range.first; });
  return after != sorted.begin() && number <= std::prev(after)->last;
}

void append_uid_set(std::string& out, const std::vector<std::uint32_t>& numbers) {
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t next = i + 1;
    while (next < numbers.size() && numbers[next] == numbers[next - 1] + 1) ++next;
    if (i > 0) out.push_back(',');
    append_number(out, numbers[i]);
    if (next - i > 1) {
      out.push_back(':');
      append_number(out, numbers[next - 1]);
    }
    i = next;
  }
}

}  // namespace mailtree::imap
