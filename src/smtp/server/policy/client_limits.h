// SPDX-License-Identifier: Apache-2.0
// How many sessions one client may have open at once: by IPv4 address, by /64 of IPv6 (what one customer has).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mailtree::smtp::policy {

class ClientLimits {
 public:
  // A session's place; gives it back when destroyed. Must not outlive its ClientLimits.
  class Place {
   public:
    Place(ClientLimits& limits, std::string key) : limits_(&limits), key_(std::move(key)) {}
    Place(Place&& other) noexcept : limits_(std::exchange(other.limits_, nullptr)), key_(std::move(other.key_)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (limits_ != nullptr) limits_->leave(key_);
    }

   private:
    ClientLimits* limits_;
    std::string key_;
  };

  ClientLimits(std::uint64_t max_sessions, std::uint64_t max_per_client)
      : max_sessions_(max_sessions), max_per_client_(max_per_client) {}

  // Nothing: there are too many. `exempt` clients count only in the sum.
  std::optional<Place> enter(std::string_view address, bool exempt);
  [[nodiscard]] std::uint64_t sessions() const { return sessions_; }

 private:
  void leave(const std::string& key);

  std::uint64_t max_sessions_;
  std::uint64_t max_per_client_;
  std::uint64_t sessions_ = 0;
  std::unordered_map<std::string, std::uint64_t> by_client_;  // no entry at zero: bounded by max_sessions_
};

}  // namespace mailtree::smtp::policy
