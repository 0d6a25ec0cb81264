// SPDX-License-Identifier: Apache-2.0
// Cursor over one complete command (RFC 3501 section 9): atoms, numbers, strings, literals in place. Pure: no I/O.
// A literal stands in the text as it came: "{5}" CRLF and five octets; CommandBuffer has collected it.
// Each method takes what it names or remembers why not and answers false; the first reason is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mailtree::imap {

// Before login quoted strings are 7 bit as RFC 3501 has them; after it UTF-8 is let through (RFC 9051 section 9).
enum class Quoting : unsigned char { seven_bit, utf8 };

class Decoder {
 public:
  // `text` must outlive the decoder and the views it gives; the final CRLF is not part of it.
  explicit Decoder(std::string_view text, Quoting quoting = Quoting::seven_bit) : text_(text), quoting_(quoting) {}

  [[nodiscard]] bool at_end() const { return position_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[position_]; }
  [[nodiscard]] std::string_view rest() const { return text_.substr(position_); }
  [[nodiscard]] std::size_t position() const { return position_; }

  bool skip(char c);    // takes `c` if it comes next; its absence is no failure
  bool skip_word(std::string_view word);  // the same for a whole atom, case-insensitive
  bool skip_text(std::string_view text);  // the same, whatever follows ("BODY[")
  bool expect(char c);
  bool space() { return expect(' '); }
  bool end();           // nothing may follow

  bool tag(std::string_view& out);
  bool atom(std::string_view& out);
  bool list_characters(std::string_view& out);  // 1*list-char
  bool number(std::uint32_t& out);
  bool nz_number(std::uint32_t& out);
  bool number64(std::uint64_t& out);  // below 2^63
  bool string(std::string& out);      // quoted or literal
  bool nstring(std::optional<std::string>& out);
  bool astring(std::string& out);

  // Parentheses, bounded in depth. open() takes "(", close() takes ")".
  bool open();
  bool close();

  bool fail(std::string reply) { return fail(Error::protocol(std::move(reply))); }
  bool fail(Error error);
  [[nodiscard]] bool failed() const { return failure_.has_value(); }
  [[nodiscard]] Error error() const;

 private:
  bool quoted(std::string& out);
  bool literal(std::string& out);
  bool take(std::string_view& out, unsigned char wanted, const char* name);
  bool digits(std::uint64_t& out, std::uint64_t max);

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
  Quoting quoting_;
  std::optional<Error> failure_;
};

}  // namespace mailtree::imap
