// SPDX-License-Identifier: Apache-2.0
// Routes and the order of MX hosts. See route.h.
#include "relay/route.h"

#include <algorithm>
#include <random>

#include "base/ascii.h"
#include "config/settings.h"

namespace mailtree::relay {
namespace {

constexpr std::string_view lmtp_prefix = "lmtp:";

// "[192.0.2.1]" and "[IPv6:2001:db8::1]" (RFC 5321 section 4.1.3) as numeric addresses.
std::optional<std::string> literal_address(std::string_view domain) {
  if (domain.size() < 3 || domain.front() != '[' || domain.back() != ']') return std::nullopt;
  std::string_view inner = domain.substr(1, domain.size() - 2);
  if (ascii::starts_with(inner, "IPv6:")) inner.remove_prefix(5);
  if (!config::is_numeric_address(inner)) return std::nullopt;
  return std::string(inner);
}

std::optional<Route> fixed_route(std::string_view text, std::uint16_t default_port) {
  Route route;
  route.chosen = true;
  route.lmtp = text.starts_with(lmtp_prefix);
  if (route.lmtp) text.remove_prefix(lmtp_prefix.size());
  if (const auto endpoint = config::parse_endpoint(text)) {
    route.host = endpoint->host;
    route.port = endpoint->port;
  } else {
    const auto literal = literal_address(text);
    route.host = literal ? *literal : ascii::to_lower(text);
    route.port = default_port;
  }
  const bool numeric = config::is_numeric_address(route.host);
  if (!numeric && !net::is_host_name(route.host)) return std::nullopt;
  route.kind = numeric ? Route::Kind::address : Route::Kind::host;
  return route;
}

Route by_endpoint(const config::Endpoint& endpoint) {
  Route route;
  route.chosen = true;
  route.host = endpoint.host;
  route.port = endpoint.port;
  route.kind = config::is_numeric_address(endpoint.host) ? Route::Kind::address : Route::Kind::host;
  return route;
}

}  // namespace

std::optional<Route> route_for(const config::Settings& settings, std::string_view fixed, std::string_view domain) {
  const auto port = static_cast<std::uint16_t>(settings.relay.port);
  const auto listed = settings.relay.routes.find(std::string(fixed.empty() ? domain : fixed));
  if (listed != settings.relay.routes.end()) return by_endpoint(listed->second);
  if (!fixed.empty()) return fixed_route(fixed, port);
  if (!settings.relay.smart_host.empty()) return fixed_route(settings.relay.smart_host, port);
  Route route;
  route.port = port;
  if (const auto literal = literal_address(domain)) {
    route.kind = Route::Kind::address;
    route.host = *literal;
    return route;
  }
  if (!net::is_host_name(domain)) return std::nullopt;
  route.host = std::string(domain);
  return route;
}

MxChoice order_mx(std::vector<net::MxRecord> records, std::string_view own_name, std::uint32_t random) {
  MxChoice choice;
  choice.null_mx = records.size() == 1 && records[0].host.empty();
  std::erase_if(records, [](const net::MxRecord& record) { return record.host.empty(); });
  std::mt19937 generator(random);
  std::shuffle(records.begin(), records.end(), generator);
  std::stable_sort(records.begin(), records.end(),
                   [](const auto& a, const auto& b) { return a.preference < b.preference; });
  const auto is_self = [own_name](const net::MxRecord& record) { return ascii::equal(record.host, own_name); };
  const auto self = std::find_if(records.begin(), records.end(), is_self);
  if (self != records.end()) {
    choice.self = true;
    const std::uint16_t ours = self->preference;
    std::erase_if(records, [ours](const net::MxRecord& record) { return record.preference >= ours; });
  }
  for (net::MxRecord& record : records) choice.hosts.push_back(std::move(record.host));
  return choice;
}

bool is_loopback(std::string_view address) {
  static const auto v4 = config::Network::parse("127.0.0.0/8");
  static const auto v6 = config::Network::parse("::1");
  return (v4 && v4->contains(address)) || (v6 && v6->contains(address));
}

bool is_unusable(std::string_view address) {
  static const std::vector<config::Network> networks = [] {
    std::vector<config::Network> list;
    for (const char* text : {"0.0.0.0/8", "224.0.0.0/3", "::", "ff00::/8"}) {
      if (const auto network = config::Network::parse(text)) list.push_back(*network);
    }
    return list;
  }();
  return config::any_contains(networks, address);
}

bool is_own_listener(const config::Settings& settings, std::string_view address, std::uint16_t port) {
  for (const auto* list : {&settings.listeners.smtp, &settings.listeners.submission, &settings.listeners.submissions,
                           &settings.listeners.lmtp}) {
    for (const config::Endpoint& endpoint : *list) {
      if (endpoint.port != port) continue;
      const bool wildcard = endpoint.host == "0.0.0.0" || endpoint.host == "::";
      if (endpoint.host == address || (wildcard && is_loopback(address))) return true;
    }
  }
  return false;
}

}  // namespace mailtree::relay
