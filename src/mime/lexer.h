// SPDX-License-Identifier: Apache-2.0
// The lexical tokens of structured fields (RFC 5322 3.2) over a raw, possibly folded value. For the parsers of this
// folder. Each step consumes what it returns and never reads past the end; NUL, CR and LF count as blanks everywhere.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailtree::mime {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }
  void skip() { ++position_; }
  bool accept(char c);

  // Blanks and comments (nested, with quoted pairs; an open one reaches the end). True if there was any.
  bool skip_blanks();

  // A quoted string at '"', without quotes and backslashes; an open one reaches the end.
  std::string quoted_string();

  // [literal] at '[', brackets kept, blanks and backslashes taken out; an open one is closed.
  std::string literal();

  // Octets up to a blank or one of `stops` (which should hold '(' if comments matter). May be empty.
  std::string_view run(std::string_view stops);

  // The text of the last comment seen, trimmed; take_comment() forgets it.
  std::string take_comment();

 private:
  void skip_comment();

  std::string_view text_;
  std::size_t position_ = 0;
  std::string comment_;
};

}  // namespace mailtree::mime
