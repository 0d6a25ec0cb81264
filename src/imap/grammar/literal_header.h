// SPDX-License-Identifier: Apache-2.0
// "{n}", "{n+}" (RFC 7888) and "~{n}" (literal8, RFC 3516): the announcement of a literal, without its CRLF.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mailtree::imap {

struct LiteralHeader {
  std::uint64_t octets = 0;
  std::size_t length = 0;  // of the announcement itself
  bool waits = true;       // the client waits for "+"; false for {n+}
  bool binary = false;     // literal8: NUL allowed
};

// At the start of `text`; nullopt if there is none, or if its number is not plain digits below 2^63.
std::optional<LiteralHeader> parse_literal_header(std::string_view text);

// What a line (without CRLF) ends with. `malformed` is "{…}" at the end of the line with something other than a
// number in it: the client may wait for a continuation, so the command is refused at once.
enum class LineEnd : unsigned char { plain, literal, malformed };
LineEnd find_literal_header(std::string_view line, LiteralHeader& out);

}  // namespace mailtree::imap
