// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 4.3, RFC 7888 section 3.
#include "imap/grammar/literal_header.h"

#include "base/ascii.h"

namespace mailtree::imap {

std::optional<LiteralHeader> parse_literal_header(std::string_view text) {
  LiteralHeader header;
  std::size_t position = 0;
  if (!text.empty() && text[0] == '~') {
    header.binary = true;
    position = 1;
  }
  if (position >= text.size() || text[position] != '{') return std::nullopt;
  const std::size_t close = text.substr(0, position + 32).find('}', position);
  if (close == std::string_view::npos) return std::nullopt;
  std::string_view digits = text.substr(position + 1, close - position - 1);
  if (!digits.empty() && digits.back() == '+') {
    header.waits = false;
    digits.remove_suffix(1);
  }
  const auto octets = ascii::number<std::uint64_t>(digits, INT64_MAX);
  // Twenty digits can hold any size; more are only leading zeros meant to confuse.
  if (!octets || digits.size() > 19) return std::nullopt;
  header.octets = *octets;
  header.length = close + 1;
  return header;
}

LineEnd find_literal_header(std::string_view line, LiteralHeader& out) {
  if (line.empty() || line.back() != '}') return LineEnd::plain;
  const std::size_t brace = line.rfind('{');
  // A "}" may end a line as the last character of an atom ("SUBJECT a}").
  if (brace == std::string_view::npos) return LineEnd::plain;
  const bool binary = brace > 0 && line[brace - 1] == '~';
  const auto header = parse_literal_header(line.substr(binary ? brace - 1 : brace));
  if (!header) return LineEnd::malformed;
  out = *header;
  return LineEnd::literal;
}

}  // namespace mailtree::imap
