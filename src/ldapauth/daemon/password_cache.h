// SPDX-License-Identifier: Apache-2.0
// Passwords that a bind has verified lately, as keyed MACs under a secret drawn at each start. An entry's password is
// forgotten at any change of the entry. Knows nothing of accounts: callers say when it may be used.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

namespace mailtree::ldapauth {

class PasswordCache {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit PasswordCache(std::chrono::milliseconds ttl, std::size_t max_entries = 100'000);

  [[nodiscard]] bool verified(const std::string& entry_uuid, const std::string& password, Time now) const;
  void remember(const std::string& entry_uuid, const std::string& password, Time now);
  void forget(const std::string& entry_uuid) { known_.erase(entry_uuid); }
  void forget_all() { known_.clear(); }

 private:
  struct Known {
    std::string mac;
    Time until;
  };
  [[nodiscard]] std::string mac(const std::string& entry_uuid, const std::string& password) const;

  const std::chrono::milliseconds ttl_;
  const std::size_t max_entries_;
  const std::string secret_;
  std::unordered_map<std::string, Known> known_;
};

}  // namespace mailtree::ldapauth
