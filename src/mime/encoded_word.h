// SPDX-License-Identifier: Apache-2.0
// Non-ASCII text in header fields: RFC 2047 encoded words.
#pragma once

#include <string>
#include <string_view>

namespace mailtree::mime {

// An unfolded or folded field value as UTF-8, without control octets. Words that cannot be decoded stay as written; raw
// 8-bit text is guessed (to_utf8). Adjacent words of one charset are joined before conversion, as split characters are
// common.
std::string decode_text(std::string_view value);

// UTF-8 as a field value in ASCII: words of at most 75 octets, separated by CRLF SP. Pure ASCII is given back as it is
// unless it looks like an encoded word itself. Controls become blanks; blanks at both ends are left out.
std::string encode_text(std::string_view utf8);

}  // namespace mailtree::mime
