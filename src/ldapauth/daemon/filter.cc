// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/filter.h"

namespace mailtree::ldapauth {

std::string assertion_value(std::string_view value) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  out.reserve(value.size() + 8);
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    const bool special = c == '(' || c == ')' || c == '*' || c == '\\';
    if (octet < 0x20 || octet >= 0x7f || special) {
      out += '\\';
      out += hex[octet >> 4];
      out += hex[octet & 15];
    } else {
      out += c;
    }
  }
  return out;
}

std::string equals(std::string_view attribute, std::string_view value) {
  std::string out = "(";
  out += attribute;
  out += '=';
  out += assertion_value(value);
  out += ')';
  return out;
}

std::string any_of(const std::vector<std::string>& parts) {
  if (parts.size() == 1) return parts.front();
  std::string out = "(|";
  for (const std::string& part : parts) out += part;
  return out + ')';
}

std::string expand_login_filter(std::string_view filter, std::string_view user, std::string_view domain) {
  std::string out;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const char next = filter[i] == '%' && i + 1 < filter.size() ? filter[i + 1] : '\0';
    if (next == 'U') {
      out += assertion_value(user);
    } else if (next == 'V') {
      out += assertion_value(domain);
    } else if (next == '%') {
      out += '%';
    } else {
      out += filter[i];
      continue;
    }
    ++i;
  }
  return out.starts_with('(') ? out : '(' + out + ')';
}

}  // namespace mailtree::ldapauth
