// SPDX-License-Identifier: Apache-2.0
// Character classes of RFC 3501 section 9, as one table look-up each.
#pragma once

#include <array>

namespace mailtree::imap {

enum CharacterClass : unsigned char {
  atom_class = 1,      // ATOM-CHAR
  astring_class = 2,   // ASTRING-CHAR: ATOM-CHAR and "]"
  list_class = 4,      // list-char: ASTRING-CHAR and wildcards
  quoted_class = 8,    // may stand in a quoted string as itself (7 bit)
};

constexpr std::array<unsigned char, 256> make_character_classes() {
  std::array<unsigned char, 256> table{};
  for (unsigned c = 1; c < 0x80; ++c) {
    const bool control = c < 0x20 || c == 0x7f;
    const bool special = c == '(' || c == ')' || c == '{' || c == ' ' || c == '"' || c == '\\' || control;
    const bool wildcard = c == '%' || c == '*';
    unsigned char classes = 0;
    if (!special && !wildcard && c != ']') classes |= atom_class;
    if (!special && !wildcard) classes |= astring_class;
    if (!special) classes |= list_class;
    if (c != '"' && c != '\\' && c != '\r' && c != '\n') classes |= quoted_class;
    table[c] = classes;
  }
  return table;
}

inline constexpr std::array<unsigned char, 256> character_classes = make_character_classes();

constexpr bool is_in(char c, unsigned char wanted) {
  return (character_classes[static_cast<unsigned char>(c)] & wanted) != 0;
}

}  // namespace mailtree::imap
