// SPDX-License-Identifier: Apache-2.0
// Addresses in settings: "host:port" and networks in CIDR form. No name is resolved here.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailtree::config {

// "127.0.0.1:25", "[::1]:25", "mail.example.org:25". Listeners take numeric addresses only.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  [[nodiscard]] std::string text() const;
  bool operator==(const Endpoint&) const = default;
};

std::optional<Endpoint> parse_endpoint(std::string_view text);
bool is_numeric_address(std::string_view host);  // IPv4 or IPv6, without brackets

// "127.0.0.0/8", "2001:db8::/32", or one address.
class Network {
 public:
  static std::optional<Network> parse(std::string_view text);

  // `address` is a numeric IPv4 or IPv6 address; IPv4 mapped into IPv6 counts as IPv4. Anything else is outside.
  [[nodiscard]] bool contains(std::string_view address) const;
  [[nodiscard]] std::string text() const { return text_; }

 private:
  std::array<std::uint8_t, 16> bits_{};  // IPv4 as ::ffff:a.b.c.d
  unsigned prefix_ = 128;
  std::string text_;
};

bool any_contains(const std::vector<Network>& networks, std::string_view address);

}  // namespace mailtree::config
