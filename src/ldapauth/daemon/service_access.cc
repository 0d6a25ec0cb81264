// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/service_access.h"

#include <vector>

#include "base/ascii.h"
#include "config/endpoint.h"

namespace mailtree::ldapauth {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    const std::string_view part = ascii::trim(text.substr(0, at));
    if (!part.empty()) parts.push_back(part);
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool is_everything(std::string_view word) { return word == "*" || ascii::equal(word, "ALL"); }

bool matches_service(std::string_view names, std::string_view service, bool tls) {
  const std::string secure = std::string(service) + 's';
  for (const std::string_view name : split(names, ','))
    if (is_everything(name) || ascii::equal(name, service) || (tls && ascii::equal(name, secure))) return true;
  return false;
}

bool matches_any(std::string_view items, std::string_view peer) {
  for (const std::string_view item : split(items, ',')) {
    if (is_everything(item)) return true;
    const auto network = config::Network::parse(item);
    if (network && network->contains(peer)) return true;
  }
  return false;
}

// "a, b EXCEPT c": a or b, and not c.
bool matches_client(std::string_view clients, std::string_view peer) {
  constexpr std::string_view word = " EXCEPT ";
  for (std::size_t at = 0; at + word.size() <= clients.size(); ++at)
    if (ascii::equal(clients.substr(at, word.size()), word))
      return matches_any(clients.substr(0, at), peer) && !matches_client(clients.substr(at + word.size()), peer);
  return matches_any(clients, peer);
}

}  // namespace

bool is_service_allowed(std::string_view rules, std::string_view service, bool tls, std::string_view peer_address) {
  bool denied = false, has_allow = false, has_deny = false;
  for (std::string_view rule : split(rules, '$')) {
    const bool allows = rule.front() == '+';
    if (allows || rule.front() == '-') rule.remove_prefix(1);
    const std::size_t colon = rule.find(':');
    const std::string_view clients = colon == std::string_view::npos ? "*" : ascii::trim(rule.substr(colon + 1));
    (allows ? has_allow : has_deny) = true;
    if (!matches_service(rule.substr(0, colon), service, tls) || !matches_client(clients, peer_address)) continue;
    if (allows) return true;
    denied = true;
  }
  if (denied) return false;
  return !has_allow || has_deny;
}

}  // namespace mailtree::ldapauth
