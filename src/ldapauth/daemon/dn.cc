// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/dn.h"

#include <ldap.h>

#include <cstring>
#include <memory>

#include "base/ascii.h"

namespace mailtree::ldapauth {
namespace {

constexpr std::size_t max_filter_bytes = 1024;
constexpr int max_members = 10'000;

// Lower case, no blanks beside ',' '=' and '+'. Good enough to compare what one server returned twice.
std::string folded(std::string_view dn) {
  std::string out;
  for (const char c : dn) {
    const bool separator = c == ',' || c == '=' || c == '+';
    if (separator)
      while (out.ends_with(' ')) out.pop_back();
    const bool after_separator = !out.empty() && (out.back() == ',' || out.back() == '=' || out.back() == '+');
    if (c == ' ' && (after_separator || out.empty())) continue;
    out += ascii::lower(c);
  }
  return out;
}

}  // namespace

bool is_at_or_below(std::string_view dn, std::string_view base) {
  const std::string entry = folded(dn);
  const std::string top = folded(base);
  if (top.empty() || entry == top) return true;
  return entry.size() > top.size() && entry.ends_with(top) && entry[entry.size() - top.size() - 1] == ',';
}

std::optional<SearchRequest> parse_member_url(const std::string& url) {
  LDAPURLDesc* parsed = nullptr;
  if (ldap_url_parse(url.c_str(), &parsed) != LDAP_URL_SUCCESS) return std::nullopt;
  const std::unique_ptr<LDAPURLDesc, decltype(&ldap_free_urldesc)> owner(parsed, &ldap_free_urldesc);
  const char* filter = parsed->lud_filter;
  if (filter != nullptr && std::strlen(filter) > max_filter_bytes) return std::nullopt;
  SearchRequest request;
  request.base = parsed->lud_dn == nullptr ? "" : parsed->lud_dn;
  request.scope = parsed->lud_scope == LDAP_SCOPE_SUBTREE    ? Scope::subtree
                  : parsed->lud_scope == LDAP_SCOPE_ONELEVEL ? Scope::one_level
                                                             : Scope::base;  // the default of RFC 4516
  if (filter != nullptr) request.filter = filter;
  request.may_grow = true;
  request.size_limit = max_members;
  return request;
}

}  // namespace mailtree::ldapauth
