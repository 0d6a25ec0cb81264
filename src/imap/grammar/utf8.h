// SPDX-License-Identifier: Apache-2.0
// UTF-8 (RFC 3629) as far as names and arguments need it: is it valid, next code point, append one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mailtree::imap {

inline constexpr char32_t invalid_code_point = 0xFFFFFFFF;

// Takes one code point off the front of `text`; invalid_code_point for anything RFC 3629 forbids (surrogates, overlong
// forms, beyond U+10FFFF, cut short). `text` must not be empty.
char32_t next_code_point(std::string_view& text);
void append_code_point(std::string& out, char32_t code_point);
bool is_utf8(std::string_view text);

}  // namespace mailtree::imap
