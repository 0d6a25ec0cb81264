// SPDX-License-Identifier: Apache-2.0
#include "mime/lexer.h"

#include <utility>

#include "base/ascii.h"

namespace mailtree::mime {
namespace {

bool is_line_octet(char c) {
  return c == '\r' || c == '\n' || c == '\0';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || is_line_octet(c);
}

}  // namespace

bool Lexer::accept(char c) {
  if (at_end() || text_[position_] != c) return false;
  ++position_;
  return true;
}

bool Lexer::skip_blanks() {
  const std::size_t begin = position_;
  while (!at_end()) {
    if (is_blank(text_[position_]))
      ++position_;
    else if (text_[position_] == '(')
      skip_comment();
    else
      break;
  }
  return position_ != begin;
}

void Lexer::skip_comment() {
  std::string text;
  std::size_t depth = 0;
  do {
    const char c = text_[position_++];
    if (c == '\\') {
      if (!at_end() && !is_line_octet(text_[position_])) text += text_[position_];
      if (!at_end()) ++position_;
      continue;
    }
    if (c == '(' && depth++ == 0) continue;
    if (c == ')' && --depth == 0) break;
    if (!is_line_octet(c)) text += c;
  } while (!at_end());
  comment_ = std::string(ascii::trim(text));
}

std::string Lexer::quoted_string() {
  std::string out;
  ++position_;
  while (!at_end()) {
    char c = text_[position_++];
    if (c == '"') break;
    if (c == '\\') {
      if (at_end()) break;
      c = text_[position_++];
    }
    if (!is_line_octet(c)) out += c;
  }
  return out;
}

std::string Lexer::literal() {
  std::string out = "[";
  ++position_;
  while (!at_end()) {
    char c = text_[position_++];
    if (c == ']') break;
    if (c == '\\') {
      if (at_end()) break;
      c = text_[position_++];
    }
    if (!is_blank(c) && c != '[') out += c;
  }
  out += ']';
  return out;
}

std::string_view Lexer::run(std::string_view stops) {
  const std::size_t begin = position_;
  while (!at_end() && !is_blank(text_[position_]) && stops.find(text_[position_]) == std::string_view::npos)
    ++position_;
  return text_.substr(begin, position_ - begin);
}

std::string Lexer::take_comment() {
  return std::exchange(comment_, {});
}

}  // namespace mailtree::mime
