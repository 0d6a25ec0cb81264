// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/throttle.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::ldapauth {
namespace {

constexpr std::size_t max_keys = 100'000;
constexpr std::chrono::minutes memory{15};
constexpr std::size_t max_login_bytes = 320;  // longer names share their beginning

// The first four groups of an IPv6 address, as far as the text shows them: one customer's /64.
std::string network_of(const std::string& peer) {
  if (peer.find(':') == std::string::npos || peer.starts_with("::ffff:")) return peer;
  std::size_t end = 0;
  for (int groups = 0; groups < 4; ++groups) {
    const std::size_t next = peer.find(':', end);
    if (next == std::string::npos || peer.compare(next, 2, "::") == 0) return peer.substr(0, next);
    end = next + 1;
  }
  return peer.substr(0, end);
}

}  // namespace

std::string Throttle::key(const std::string& peer, const std::string& login) {
  return network_of(peer) + ' ' + ascii::to_lower(login.substr(0, max_login_bytes));
}

std::chrono::milliseconds Throttle::wait_before(const std::string& peer, const std::string& login, Time now) const {
  if (config::any_contains(options_.exempt_networks, peer)) return std::chrono::milliseconds(0);
  const auto found = failures_.find(key(peer, login));
  if (found == failures_.end() || now >= found->second.free_at) return std::chrono::milliseconds(0);
  return std::chrono::ceil<std::chrono::milliseconds>(found->second.free_at - now);
}

std::chrono::milliseconds Throttle::failed(const std::string& peer, const std::string& login, Time now) {
  if (config::any_contains(options_.exempt_networks, peer)) return std::chrono::milliseconds(0);
  if (failures_.size() >= max_keys) make_room(now);
  Failures& failures = failures_[key(peer, login)];
  if (now - failures.last > memory) failures.count = 0;
  failures.last = now;
  const unsigned doublings = std::min(failures.count++, 10U);
  const auto delay = std::min(options_.first_delay * (1U << doublings), options_.max_delay);
  failures.free_at = now + delay;
  return delay;
}

void Throttle::succeeded(const std::string& peer, const std::string& login) { failures_.erase(key(peer, login)); }

void Throttle::make_room(Time now) {
  std::erase_if(failures_, [now](const auto& item) { return now - item.second.last > memory; });
  if (failures_.size() >= max_keys) failures_.clear();
}

}  // namespace mailtree::ldapauth
