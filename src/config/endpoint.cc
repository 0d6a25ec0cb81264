// SPDX-License-Identifier: Apache-2.0
// Parses "host:port" and CIDR networks by inet_pton; IPv4 is kept in its IPv6-mapped form so that one compare serves.
#include "config/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::config {
namespace {

using Address = std::array<std::uint8_t, 16>;
constexpr unsigned mapped_bits = 96;  // RFC 4291 2.5.5.2: ::ffff:0:0/96

std::optional<Address> parse_address(std::string_view text, bool& is_ipv4) {
  const std::string copy(text);
  Address address{};
  is_ipv4 = false;
  if (inet_pton(AF_INET6, copy.c_str(), address.data()) == 1) {
    return address;
  }
  std::array<std::uint8_t, 4> ipv4{};
  if (inet_pton(AF_INET, copy.c_str(), ipv4.data()) != 1) return std::nullopt;
  is_ipv4 = true;
  address.fill(0);
  address[10] = address[11] = 0xff;
  std::copy(ipv4.begin(), ipv4.end(), address.begin() + 12);
  return address;
}

bool same_bits(const Address& a, const Address& b, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (a[whole] & mask) == (b[whole] & mask);
}

}  // namespace

std::string Endpoint::text() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const auto port = ascii::number<std::uint16_t>(text.substr(colon + 1));
  if (!port || host.empty()) return std::nullopt;
  if (host.front() == '[') {
    if (host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
    if (!is_numeric_address(host)) return std::nullopt;
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // IPv6 needs brackets, or its last group would be the port
  }
  return Endpoint{std::string(host), *port};
}

bool is_numeric_address(std::string_view host) {
  bool is_ipv4 = false;
  return parse_address(host, is_ipv4).has_value();
}

std::optional<Network> Network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  bool is_ipv4 = false;
  const auto address = parse_address(text.substr(0, slash), is_ipv4);
  if (!address) return std::nullopt;
  Network network;
  network.bits_ = *address;
  network.text_ = std::string(text);
  if (slash == std::string_view::npos) return network;
  const auto prefix = ascii::number<unsigned>(text.substr(slash + 1), is_ipv4 ? 32U : 128U);
  if (!prefix) return std::nullopt;
  network.prefix_ = is_ipv4 ? *prefix + mapped_bits : *prefix;
  return network;
}

bool Network::contains(std::string_view address) const {
  bool is_ipv4 = false;
  const auto parsed = parse_address(address, is_ipv4);
  return parsed && same_bits(*parsed, bits_, prefix_);
}

bool any_contains(const std::vector<Network>& networks, std::string_view address) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

}  // namespace mailtree::config
