// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 6.4.5: part specifiers.
#include "imap/fetch/section_ranges.h"

#include <algorithm>

namespace mailtree::imap {
namespace {

// The message whose HEADER or TEXT is meant; no_part for parts that are none (1.HEADER of a text part).
std::uint32_t find_message(const mime::PartTree& tree, std::uint32_t part) {
  if (part == 0) return tree.root().kind == mime::PartKind::message ? tree.root().first_child : mime::no_part;
  return mime::embedded_message(tree, part);
}

}  // namespace

mime::Range find_message_section(const Section& section, std::uint64_t header_octets, std::uint64_t message_octets) {
  switch (section.text) {
    case SectionText::everything: return {0, message_octets};
    case SectionText::text: return {header_octets, message_octets};
    default: return {0, header_octets};
  }
}

std::optional<mime::Range> find_part_section(const Section& section, const mime::PartTree& tree) {
  const std::uint32_t index = mime::find_part(tree, section.part);
  if (index == mime::no_part) return std::nullopt;
  if (section.text == SectionText::everything) return tree.parts[index].body();
  if (section.text == SectionText::mime) return tree.parts[index].header();
  const std::uint32_t inner = find_message(tree, index);
  if (inner == mime::no_part) return std::nullopt;
  return section.text == SectionText::text ? tree.parts[inner].body() : tree.parts[inner].header();
}

Ranges select_section_fields(const Section& section, std::string_view block, std::uint64_t begin) {
  Ranges ranges = mime::select_fields(block, section.fields, section.text == SectionText::header_fields_not);
  for (mime::Range& range : ranges) {
    range.begin += begin;
    range.end += begin;
  }
  return ranges;
}

std::uint64_t total_octets(const Ranges& ranges) {
  std::uint64_t total = 0;
  for (const mime::Range& range : ranges) total += range.size();
  return total;
}

Ranges clip(const Ranges& ranges, const Partial& partial) {
  Ranges out;
  std::uint64_t skip = partial.offset;
  std::uint64_t left = partial.count;
  for (mime::Range range : ranges) {
    const std::uint64_t skipped = std::min(skip, range.size());
    skip -= skipped;
    range.begin += skipped;
    range.end = range.begin + std::min(left, range.size());
    left -= range.size();
    if (range.size() > 0) out.push_back(range);
  }
  return out;
}

}  // namespace mailtree::imap
