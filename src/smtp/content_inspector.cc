// SPDX-License-Identifier: Apache-2.0
#include "smtp/content_inspector.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::smtp {
namespace {

constexpr std::uint64_t max_line_octets = 998;

bool has_8bit(std::string_view text) {
  unsigned char seen = 0;
  for (const char c : text) seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
  return seen >= 0x80;
}

}  // namespace

void ContentInspector::feed(std::string_view content) {
  facts_.octets += content.size();
  if (content.find('\0') != std::string_view::npos) facts_.nul = true;
  if (!facts_.eight_bit && has_8bit(content)) facts_.eight_bit = true;
  while (!content.empty()) {
    const std::size_t lf = content.find('\n');
    const bool ends_line = lf != std::string_view::npos;
    const std::size_t length = ends_line ? lf + 1 : content.size();
    take_segment(content.substr(0, length), ends_line);
    content.remove_prefix(length);
  }
}

// `segment` has at most one LF, at its end.
void ContentInspector::take_segment(std::string_view segment, bool ends_line) {
  const std::string_view text = ends_line ? segment.substr(0, segment.size() - 1) : segment;
  if (last_cr_ && !text.empty()) facts_.bare_cr = true;
  const std::size_t cr = text.find('\r');
  if (cr != std::string_view::npos && cr + 1 < text.size()) facts_.bare_cr = true;
  if (line_octets_ < line_head_.size()) {
    const std::size_t room = line_head_.size() - static_cast<std::size_t>(line_octets_);
    std::copy_n(text.begin(), std::min(room, text.size()), line_head_.begin() + static_cast<long>(line_octets_));
  }
  line_octets_ += text.size();
  if (!text.empty()) last_cr_ = text.back() == '\r';
  facts_.ends_with_crlf = ends_line && last_cr_;
  if (ends_line) end_line();
}

void ContentInspector::end_line() {
  if (!last_cr_) {
    facts_.bare_lf = true;
    ++facts_.bare_line_feeds;
  }
  const std::uint64_t octets = line_octets_ - (last_cr_ ? 1 : 0);
  if (octets > max_line_octets) facts_.long_line = true;
  if (!facts_.header_complete) {
    if (octets == 0) {
      facts_.header_complete = true;
    } else {
      facts_.header_octets += line_octets_ + 1;
      if (octets >= line_head_.size() && ascii::equal({line_head_.data(), line_head_.size()}, "Received:"))
        ++facts_.received_fields;
    }
  }
  line_octets_ = 0;
  last_cr_ = false;
}

const ContentFacts& ContentInspector::finish() {
  if (last_cr_) facts_.bare_cr = true;
  if (!facts_.header_complete) facts_.header_octets += line_octets_;
  if (line_octets_ > max_line_octets) facts_.long_line = true;
  return facts_;
}

}  // namespace mailtree::smtp
