// SPDX-License-Identifier: Apache-2.0
// Looks at the octets of a message as they pass, whichever command brought them, and says what they are: line ends,
// NUL, size, and what the header block says about loops. Not a parser of messages (src/mime); fixed memory, any pieces.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mailtree::smtp {

struct ContentFacts {
  std::uint64_t octets = 0;
  std::uint64_t header_octets = 0;  // without the empty line
  std::size_t received_fields = 0;
  std::uint64_t bare_line_feeds = 0;
  bool header_complete = false;  // the empty line was seen
  bool bare_cr = false;
  bool bare_lf = false;
  bool nul = false;
  bool eight_bit = false;
  bool long_line = false;      // over 998 octets (RFC 5322 2.1.1)
  bool ends_with_crlf = true;  // of an empty message as well
};

class ContentInspector {
 public:
  void feed(std::string_view content);
  // After the last octet: a CR that nothing followed is bare.
  const ContentFacts& finish();
  [[nodiscard]] const ContentFacts& facts() const { return facts_; }

 private:
  void take_segment(std::string_view segment, bool ends_line);
  void end_line();

  ContentFacts facts_;
  std::array<char, 9> line_head_{};  // of the current line: enough for "Received:"
  std::uint64_t line_octets_ = 0;    // of the current line, CR included
  bool last_cr_ = false;
};

}  // namespace mailtree::smtp
