// SPDX-License-Identifier: Apache-2.0
// Passwords of single applications: entries of class mailtreeAppPassword right beneath the user, each with a label
// (cn), a hash (userPassword, "{CRYPT}" with a method that crypt(5) still recommends), perhaps a scope and an end. Such
// a password opens the services of its scope and nothing else, the directory included.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ldapauth/daemon/entry.h"

namespace mailtree::ldapauth {

// More than this of one user are not read: a wrong password would be hashed once for each.
constexpr int max_app_passwords = 20;

struct AppPassword {
  std::string entry_uuid;
  std::string label;
  std::string hash;  // without "{CRYPT}"
  std::optional<std::int64_t> expires;  // seconds since 1970
};

// Where they are found; finds the user's own entry as well if the directory has locked it.
SearchRequest app_passwords_of(const std::string& user_dn);

// None for a locked user; else those that are good for `service` ("imap", "pop", "smtp", "sieve") at `now` (seconds
// since 1970). Entries that cannot be understood are left out and named in `problems`. Pure.
std::vector<AppPassword> usable_app_passwords(const Entries& entries, std::string_view service, std::int64_t now,
                                              std::vector<std::string>& problems);

// Which of them is `password`. Takes milliseconds for each: not on a loop.
std::optional<std::size_t> find_app_password(const std::vector<AppPassword>& candidates, const std::string& password);

}  // namespace mailtree::ldapauth
