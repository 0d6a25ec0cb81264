// SPDX-License-Identifier: Apache-2.0
// Throttle: how long a login has to wait because of failed ones before it. Counted by client network (IPv4 address,
// IPv6 /64) together with the name, so that a guesser slows down himself and not the owner. Bounded memory; forgets
// after 15 minutes. The clock is the caller's.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "ldapauth/daemon/options.h"

namespace mailtree::ldapauth {

class Throttle {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit Throttle(const ThrottleOptions& options) : options_(options) {}

  // How long this attempt waits before anything is checked: what is left of the delay of the last failure.
  [[nodiscard]] std::chrono::milliseconds wait_before(const std::string& peer, const std::string& login,
                                                      Time now) const;
  // Counts a failure; returns how long its reply is held back.
  std::chrono::milliseconds failed(const std::string& peer, const std::string& login, Time now);
  void succeeded(const std::string& peer, const std::string& login);
  [[nodiscard]] std::size_t size() const { return failures_.size(); }

 private:
  struct Failures {
    unsigned count = 0;
    Time last;
    Time free_at;
  };
  static std::string key(const std::string& peer, const std::string& login);
  void make_room(Time now);

  const ThrottleOptions options_;
  std::unordered_map<std::string, Failures> failures_;
};

}  // namespace mailtree::ldapauth
