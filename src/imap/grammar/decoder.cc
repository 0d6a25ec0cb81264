// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9, lexical part.
#include "imap/grammar/decoder.h"

#include "base/ascii.h"
#include "imap/grammar/character.h"
#include "imap/grammar/limits.h"
#include "imap/grammar/literal_header.h"
#include "imap/grammar/utf8.h"

namespace mailtree::imap {

bool Decoder::fail(Error error) {
  if (!failure_) failure_ = std::move(error);
  return false;
}

Error Decoder::error() const { return failure_ ? *failure_ : Error::protocol("Syntax error"); }

bool Decoder::skip(char c) {
  if (peek() != c || at_end()) return false;
  ++position_;
  return true;
}

bool Decoder::skip_word(std::string_view word) {
  if (!ascii::starts_with(rest(), word)) return false;
  const std::size_t after = position_ + word.size();
  if (after < text_.size() && is_in(text_[after], atom_class)) return false;
  position_ = after;
  return true;
}

bool Decoder::skip_text(std::string_view text) {
  if (!ascii::starts_with(rest(), text)) return false;
  position_ += text.size();
  return true;
}

bool Decoder::expect(char c) {
  if (skip(c)) return true;
  if (c == ' ') return fail(at_end() ? "Missing arguments" : "Expected a space");
  return fail(std::string("Expected \"") + c + "\"");
}

bool Decoder::end() { return at_end() || fail("Unexpected text after the arguments"); }

bool Decoder::take(std::string_view& out, unsigned char wanted, const char* name) {
  std::size_t stop = position_;
  while (stop < text_.size() && is_in(text_[stop], wanted)) ++stop;
  if (stop == position_) return fail(std::string("Expected ") + name);
  out = text_.substr(position_, stop - position_);
  position_ = stop;
  return true;
}

bool Decoder::tag(std::string_view& out) {
  if (!take(out, astring_class, "a tag")) return false;
  if (out.size() > max_tag_bytes || out.find('+') != std::string_view::npos) return fail("Invalid tag");
  return true;
}

bool Decoder::atom(std::string_view& out) { return take(out, atom_class, "an atom"); }

bool Decoder::list_characters(std::string_view& out) { return take(out, list_class, "a pattern"); }

bool Decoder::digits(std::uint64_t& out, std::uint64_t max) {
  std::size_t stop = position_;
  while (stop < text_.size() && ascii::is_digit(text_[stop])) ++stop;
  const auto value = ascii::number<std::uint64_t>(text_.substr(position_, stop - position_), max);
  if (!value) return fail(stop == position_ ? "Expected a number" : "Number out of range");
  out = *value;
  position_ = stop;
  return true;
}

bool Decoder::number(std::uint32_t& out) {
  std::uint64_t value = 0;
  if (!digits(value, UINT32_MAX)) return false;
  out = static_cast<std::uint32_t>(value);
  return true;
}

bool Decoder::nz_number(std::uint32_t& out) {
  if (peek() == '0') return fail("Expected a number above zero");
  return number(out);
}

bool Decoder::number64(std::uint64_t& out) { return digits(out, INT64_MAX); }

bool Decoder::quoted(std::string& out) {
  ++position_;  // the opening quote, seen by the caller
  out.clear();
  bool has_8bit = false;
  while (!at_end()) {
    const char c = text_[position_++];
    if (c == '"') {
      if (has_8bit && !is_utf8(out)) return fail("Quoted string is not UTF-8");
      return true;
    }
    if (c == '\\') {
      // RFC 3501: only the two quoted-specials may be escaped.
      if (at_end() || (text_[position_] != '"' && text_[position_] != '\\')) return fail("Invalid escape in a string");
      out.push_back(text_[position_++]);
    } else if (is_in(c, quoted_class)) {
      out.push_back(c);
    } else if (ascii::is_8bit(c) && quoting_ == Quoting::utf8) {
      has_8bit = true;
      out.push_back(c);
    } else {
      return fail("Invalid character in a quoted string");
    }
  }
  return fail("Missing closing quote");
}

bool Decoder::literal(std::string& out) {
  const auto header = parse_literal_header(rest());
  if (!header) return fail("Invalid literal");
  const std::size_t start = position_ + header->length;
  // CommandBuffer has bounded the size and put CRLF behind the brace.
  if (text_.substr(start, 2) != "\r\n" || header->octets > text_.size() - start - 2) return fail("Incomplete literal");
  out.assign(text_.substr(start + 2, static_cast<std::size_t>(header->octets)));
  // RFC 3501 section 9: CHAR8 excludes NUL; only a literal8 (RFC 3516) may hold it.
  if (!header->binary && out.find('\0') != std::string::npos) return fail("NUL in a literal");
  position_ = start + 2 + static_cast<std::size_t>(header->octets);
  return true;
}

bool Decoder::string(std::string& out) {
  if (peek() == '"') return quoted(out);
  if (peek() == '{' || rest().substr(0, 2) == "~{") return literal(out);
  return fail("Expected a string");
}

bool Decoder::nstring(std::optional<std::string>& out) {
  if (skip_word("NIL")) {
    out.reset();
    return true;
  }
  return string(out.emplace());
}

bool Decoder::astring(std::string& out) {
  if (peek() == '"' || peek() == '{' || rest().substr(0, 2) == "~{") return string(out);
  std::string_view characters;
  if (!take(characters, astring_class, "a string")) return false;
  out.assign(characters);
  return true;
}

bool Decoder::open() {
  if (!expect('(')) return false;
  return ++depth_ <= max_nesting || fail("Too many nested parentheses");
}

bool Decoder::close() {
  if (!expect(')')) return false;
  if (depth_ > 0) --depth_;
  return true;
}

}  // namespace mailtree::imap
