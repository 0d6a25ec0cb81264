// SPDX-License-Identifier: Apache-2.0
// A stored message as a multi-line answer (RFC 1939 section 3): CRLF line ends, dots at line starts doubled, ended
// by "CRLF.CRLF"; all other octets, NUL too, as they came in. Works in pieces of any size.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailtree::pop3 {

class MessageEncoder {
 public:
  void feed(std::string_view piece, std::string& out);
  // The terminator, with a line end in front if the message has none of its own.
  void finish(std::string& out);

 private:
  bool line_start_ = true;
  bool after_cr_ = false;
};

// TOP: decides how much of the message is sent.
class TopCutter {
 public:
  explicit TopCutter(std::uint64_t body_lines) : left_(body_lines) {}

  // How many octets at the front of this piece belong to the answer.
  std::size_t take(std::string_view piece);
  [[nodiscard]] bool done() const { return in_body_ && left_ == 0; }
  // What to send behind the last piece: old clients need the empty line even if the message has none.
  [[nodiscard]] std::string_view missing_end() const;

 private:
  std::uint64_t left_;
  bool in_body_ = false;
  bool line_start_ = true;
  bool only_cr_ = false;  // the line so far is a CR
};

}  // namespace mailtree::pop3
