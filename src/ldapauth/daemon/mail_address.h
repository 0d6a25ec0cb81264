// SPDX-License-Identifier: Apache-2.0
// Addresses as the directory is asked for them. The syntax has been checked by the protocol; here they are split,
// folded and taken apart at the subaddress. Local parts compare without case, as the directory compares them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailtree::ldapauth {

// RFC 5321 4.5.3.1: what a path may have at most.
constexpr std::size_t max_local_bytes = 64;
constexpr std::size_t max_domain_bytes = 255;

struct MailAddress {
  std::string local;   // unquoted, as written
  std::string domain;  // lower case, without a dot at the end; empty for a bare "postmaster" or login name

  [[nodiscard]] std::string text() const { return domain.empty() ? local : local + '@' + domain; }
};

// Splits at the last '@'; removes the quotes of a quoted local part. nullopt: empty or too long parts, or octets that
// no address and no login name may have (controls, NUL).
std::optional<MailAddress> parse_address(std::string_view text);

// RFC 5233: "name+detail". nullopt without a detail or without a name.
struct Subaddress {
  std::string name;
  std::string detail;
};
std::optional<Subaddress> split_subaddress(std::string_view local, char separator = '+');

bool is_postmaster(std::string_view local);  // RFC 5321 4.5.1: in any case

}  // namespace mailtree::ldapauth
