// SPDX-License-Identifier: Apache-2.0
// Text in any charset to UTF-8 (ICU), and the folded form that searches compare.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailtree::mime {

bool is_utf8(std::string_view octets);  // RFC 3629: shortest forms, no surrogates

// Names are compared as ICU does ("UTF_8" = "utf-8"). nullopt if the charset is unknown; what is undefined in it
// becomes U+FFFD.
std::optional<std::string> convert_to_utf8(std::string_view octets, std::string_view charset);
bool is_known_charset(std::string_view charset);

// Always gives UTF-8: the named charset if known; else the octets if they are UTF-8; else windows-1252.
// "us-ascii" and an empty name are taken for unknown, as so many senders do not know better.
std::string to_utf8(std::string_view octets, std::string_view charset = {});

// UTF-8 in, NFKC case-folded UTF-8 out: two texts match in SEARCH if the folded one contains the folded other.
std::string casefold(std::string_view utf8);

// ASCII controls (CR, LF, NUL, TAB, …) become blanks: decoded text that may go into a header or a line again.
void blank_controls(std::string& text);

// At most `max` octets, cut between characters.
std::string_view cut_utf8(std::string_view utf8, std::size_t max);

}  // namespace mailtree::mime
