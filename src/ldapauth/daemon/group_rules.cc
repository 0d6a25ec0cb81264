// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/group_rules.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::ldapauth {
namespace {

bool has_token(const Entry& group, std::string_view attribute, std::initializer_list<std::string_view> names) {
  for (const std::string& value : group.values(attribute)) {
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      const std::string_view token = ascii::trim(rest.substr(0, comma));
      for (const std::string_view name : names)
        if (ascii::equal(token, name)) return true;
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    }
  }
  return false;
}

// The first line of the first value, if it is ASCII: it becomes part of a reply.
std::string reject_text(const Entry& group) {
  for (const std::string_view attribute : {"mailrejecttext", "mgrpmsgrejecttext"}) {
    const std::string_view value = group.first(attribute);
    const std::string_view line = ascii::trim(value.substr(0, value.find_first_of("\r\n$")));
    const bool plain =
        std::none_of(line.begin(), line.end(), [](char c) { return ascii::is_control(c) || ascii::is_8bit(c); });
    if (!line.empty() && line.size() <= 200 && plain) return std::string(line);
  }
  return "You may not post to this list";
}

bool contains(const std::vector<std::string>& addresses, const std::string& address) {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view domain) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [domain](const std::string& pattern) { return matches_glob(ascii::trim(pattern), domain); });
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  // Goes back to the last '*' only: linear in practice, quadratic at worst, on names of at most 255 octets.
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && ascii::lower(pattern[p]) == ascii::lower(text[t])) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string address_of(std::string_view value) {
  value = ascii::trim(value);
  if (ascii::starts_with(value, "mailto:")) value.remove_prefix(7);
  const bool is_address = value.find('@') != std::string_view::npos && value.find('=') == std::string_view::npos &&
                          !ascii::starts_with(value, "ldap:");
  return is_address ? ascii::to_lower(value) : std::string();
}

std::vector<std::string> moderators(const Entry& group) {
  std::vector<std::string> addresses;
  if (!has_token(group, "mgrpmsgrejectaction", {"toModerator"})) return addresses;
  for (const std::string& value : group.values("mgrpmoderator"))
    if (std::string address = address_of(value); !address.empty()) addresses.push_back(std::move(address));
  return addresses;
}

Refusal check_post(const Entry& group, const Post& post, const Broadcasters& broadcasters) {
  const Refusal refused{550, "5.7.1", reject_text(group)};
  if (has_token(group, "mgrpbroadcasterpolicy", {"PASSWORD_REQUIRED", "PASSWD_REQUIRED", "PASSWD_REQ"})) return refused;
  // From here on the signed-in address counts, where one is demanded, and not what MAIL FROM claims.
  std::string sender = post.sender;
  if (has_token(group, "mgrpbroadcasterpolicy", {"SMTP_AUTH_REQUIRED", "AUTH_REQ"})) {
    if (post.authenticated_as.empty()) return refused;
    sender = post.authenticated_as;
  }
  sender = ascii::to_lower(sender);
  const std::string domain = sender.substr(sender.rfind('@') + 1);
  const bool is_broadcaster = contains(broadcasters.allowed, sender);
  const bool restricted = !group.values("mgrpallowedbroadcaster").empty();
  const auto& allowed_domains = group.values("mgrpalloweddomain");
  const bool domain_fits = allowed_domains.empty() || any_matches(allowed_domains, domain);
  const bool domain_refused = any_matches(group.values("mgrpdisalloweddomain"), domain);
  if (has_token(group, "mgrpbroadcasterpolicy", {"OR"})) {
    // One check that succeeds is enough.
    const bool has_domains = !allowed_domains.empty();
    const bool fits = is_broadcaster || (has_domains && domain_fits) || (!restricted && !has_domains);
    if (!fits) return refused;
  } else {
    if (!is_broadcaster && !domain_fits) return refused;
    if (restricted && !is_broadcaster) return refused;
  }
  if (domain_refused && !is_broadcaster) return refused;
  if (contains(broadcasters.disallowed, sender)) return refused;
  const auto most = ascii::number<std::uint64_t>(ascii::trim(group.first("mgrpmsgmaxsize")), 1ULL << 60);
  if (most && *most > 0 && post.message_bytes > static_cast<std::int64_t>(*most))
    return {552, "5.3.4", "Message too big for this list"};
  return {};
}

}  // namespace mailtree::ldapauth
