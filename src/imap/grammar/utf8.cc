// SPDX-License-Identifier: Apache-2.0
// RFC 3629.
#include "imap/grammar/utf8.h"

namespace mailtree::imap {

char32_t next_code_point(std::string_view& text) {
  const auto octet = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = octet(0);
  std::size_t length = 1;
  char32_t value = lead;
  char32_t least = 0;
  if (lead >= 0x80) {
    if (lead >= 0xF0 && lead <= 0xF4) {
      length = 4, value = lead & 0x07u, least = 0x10000;
    } else if (lead >= 0xE0 && lead < 0xF0) {
      length = 3, value = lead & 0x0Fu, least = 0x800;
    } else if (lead >= 0xC2 && lead < 0xE0) {
      length = 2, value = lead & 0x1Fu, least = 0x80;
    } else {
      return invalid_code_point;
    }
    if (text.size() < length) return invalid_code_point;
    for (std::size_t i = 1; i < length; ++i) {
      if ((octet(i) & 0xC0u) != 0x80u) return invalid_code_point;
      value = (value << 6) | (octet(i) & 0x3Fu);
    }
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return invalid_code_point;
  text.remove_prefix(length);
  return value;
}

void append_code_point(std::string& out, char32_t c) {
  const auto put = [&out](char32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6)), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18)), put(0x80 | ((c >> 12) & 0x3F)), put(0x80 | ((c >> 6) & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (next_code_point(text) == invalid_code_point) return false;
  }
  return true;
}

}  // namespace mailtree::imap
