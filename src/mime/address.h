// SPDX-License-Identifier: Apache-2.0
// Address lists of header fields: RFC 5322 3.4 with the obsolete forms of 4.4 (routes, comments as names, empty list
// members), groups, quoted local parts, and raw UTF-8 (RFC 6532). Not the addresses of SMTP commands: see smtp/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mailtree::mime {

// Values hold no CR, LF or NUL; quoting and comments are removed; encoded words are kept as written.
struct Address {
  enum class Kind : std::uint8_t { mailbox, group_begin, group_end };
  Kind kind = Kind::mailbox;
  std::string name;     // display name or, lacking one, the comment behind the address; group_begin: the group's name
  std::string route;    // "@a,@b" of <@a,@b:local@domain>
  std::string mailbox;  // local part, unquoted
  std::string host;     // domain or literal; empty if the address had no '@'

  friend bool operator==(const Address&, const Address&) = default;
};

// Never fails: what cannot be understood up to the next comma becomes a mailbox without host. At most max_addresses.
// Groups come as group_begin, members, group_end; an unclosed group is closed.
std::vector<Address> parse_addresses(std::string_view value);

// local@domain with the local part quoted where RFC 5321 4.1.2 needs it.
std::string format_address(const Address& address);

}  // namespace mailtree::mime
