// SPDX-License-Identifier: Apache-2.0
// Passwords that were verified lately, as keyed MACs under a secret drawn at each start. A user may have several: one
// for each application beside the own one. They are forgotten at any change of the entry they stand in. Knows nothing
// of accounts: callers say when it may be used.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

namespace mailtree::ldapauth {

class PasswordCache {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit PasswordCache(std::chrono::milliseconds ttl, std::size_t max_entries = 100'000);

  // Where a verified password is good.
  struct Use {
    std::string service;       // of a password of an application; empty: all
    std::string source;        // entryUUID of the entry it stands in; empty: the user's own
    Time until = Time::max();  // its own end, beside the cache's
  };

  [[nodiscard]] bool verified(const std::string& entry_uuid, const std::string& password, const std::string& service,
                              Time now) const;
  void remember(const std::string& entry_uuid, const std::string& password, Use use, Time now);
  // Forgets the passwords of a user, or the one that stands in this entry.
  void forget(const std::string& entry_uuid);
  void forget_all();

 private:
  static constexpr std::size_t max_per_user = 16;
  struct Known {
    std::string mac;
    Use use;
    Time until;
  };
  [[nodiscard]] std::string mac(const std::string& entry_uuid, const std::string& password) const;

  const std::chrono::milliseconds ttl_;
  const std::size_t max_entries_;
  const std::string secret_;
  std::unordered_map<std::string, std::vector<Known>> known_;  // by the user's entryUUID
  std::unordered_map<std::string, std::string> owners_;        // source -> user
};

}  // namespace mailtree::ldapauth
