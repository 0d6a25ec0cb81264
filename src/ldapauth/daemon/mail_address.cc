// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/mail_address.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::ldapauth {
namespace {

// The content of a quoted-string (RFC 5322 3.2.4); other text unchanged.
std::string unquote(std::string_view local) {
  if (local.size() < 2 || local.front() != '"' || local.back() != '"') return std::string(local);
  std::string out;
  for (std::size_t i = 1; i + 1 < local.size(); ++i) {
    if (local[i] == '\\' && i + 2 < local.size()) ++i;
    out += local[i];
  }
  return out;
}

bool has_control(std::string_view text) { return std::any_of(text.begin(), text.end(), ascii::is_control); }

}  // namespace

std::optional<MailAddress> parse_address(std::string_view text) {
  if (has_control(text)) return std::nullopt;
  MailAddress address;
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos) {
    address.local = unquote(text);
  } else {
    address.local = unquote(text.substr(0, at));
    std::string_view domain = text.substr(at + 1);
    if (domain.ends_with('.')) domain.remove_suffix(1);
    if (domain.empty()) return std::nullopt;
    address.domain = ascii::to_lower(domain);
  }
  const bool fits = address.local.size() <= max_local_bytes && address.domain.size() <= max_domain_bytes;
  if (address.local.empty() || !fits) return std::nullopt;
  return address;
}

std::optional<Subaddress> split_subaddress(std::string_view local, char separator) {
  const std::size_t at = local.find(separator);
  if (at == std::string_view::npos || at == 0 || at + 1 == local.size()) return std::nullopt;
  return Subaddress{std::string(local.substr(0, at)), std::string(local.substr(at + 1))};
}

bool is_postmaster(std::string_view local) { return ascii::equal(local, "postmaster"); }

}  // namespace mailtree::ldapauth
