// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/policy/client_limits.h"

#include <arpa/inet.h>

#include <array>

namespace mailtree::smtp::policy {
namespace {

std::string key_of(std::string_view address) {
  std::array<unsigned char, 16> binary{};
  const std::string text(address);
  if (address.find(':') == std::string_view::npos || ::inet_pton(AF_INET6, text.c_str(), binary.data()) != 1)
    return text;
  constexpr std::size_t network_octets = 8;
  return {reinterpret_cast<const char*>(binary.data()), network_octets};
}

}  // namespace

std::optional<ClientLimits::Place> ClientLimits::enter(std::string_view address, bool exempt) {
  if (sessions_ >= max_sessions_) return std::nullopt;
  std::string key = key_of(address);
  std::uint64_t& count = by_client_[key];
  if (count >= max_per_client_ && !exempt) return std::nullopt;
  ++count;
  ++sessions_;
  return Place(*this, std::move(key));
}

void ClientLimits::leave(const std::string& key) {
  --sessions_;
  const auto found = by_client_.find(key);
  if (found != by_client_.end() && --found->second == 0) by_client_.erase(found);
}

}  // namespace mailtree::smtp::policy
