// SPDX-License-Identifier: Apache-2.0
// Mailbox addresses and paths of the envelope (RFC 5321 4.1.2, RFC 6531 3.3): parsed, canonical, printed again.
// Not header addresses (src/mime) and no lookups: whether somebody lives there is the directory's word.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "smtp/reply.h"

namespace mailtree::smtp {

// Two spellings of the same mailbox give equal values: quoting is undone, the domain is lower case, literals are
// printed by the system. The case of the local part is kept (RFC 5321 2.4).
struct Address {
  std::string local;   // without quotes
  std::string domain;  // "example.org", "[192.0.2.1]", "[IPv6:2001:db8::1]"; empty only for <postmaster>
  bool operator==(const Address&) const = default;

  [[nodiscard]] std::string print() const;  // quoted only if it has to be
  [[nodiscard]] bool is_ascii() const;
  [[nodiscard]] bool is_literal() const { return !domain.empty() && domain.front() == '['; }
};

// What stands between angle brackets; nothing = the null reverse path.
struct Path {
  std::optional<Address> address;
  bool has_8bit = false;
  bool valid_utf8 = true;

  [[nodiscard]] std::string print() const { return address ? address->print() : std::string(); }
};

enum class PathKind : unsigned char {
  reverse,  // of MAIL: may be <>
  forward,  // of RCPT: may be <postmaster> (RFC 5321 4.5.1)
};

// Takes a path from the front of `text`, which then holds what follows. Source routes are skipped (RFC 5321 C).
// Octets above 127 pass and are reported: whether they are allowed stands in a parameter behind the path.
// Refusals: 501 5.1.7 for reverse, 501 5.1.3 for forward paths.
Parsed<Path> take_path(std::string_view& text, PathKind kind);

// The whole of `text` as a mailbox without angle brackets, nothing else.
std::optional<Address> parse_address(std::string_view text);

// Domain or address literal in canonical form; nullopt if it is neither. 8-bit labels pass if they are UTF-8.
std::optional<std::string> canonical_domain(std::string_view text);

bool is_utf8(std::string_view text);  // RFC 3629: no overlong forms, surrogates or C1 controls

}  // namespace mailtree::smtp
