// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/app_password.h"

#include <crypt.h>
#include <string.h>

#include <algorithm>
#include <memory>

#include "base/ascii.h"
#include "ldapauth/daemon/generalized_time.h"
#include "ldapauth/daemon/scram.h"
#include "net/digest.h"

namespace mailtree::ldapauth {
namespace {

constexpr std::string_view scheme = "{CRYPT}";

// "imap", "smtp" as values of their own or in one: "imap, smtp". Without any value: all services.
bool is_in_scope(const std::vector<std::string>& values, std::string_view service) {
  for (std::string_view value : values) {
    while (true) {
      const std::size_t comma = value.find(',');
      if (ascii::equal(ascii::trim(value.substr(0, comma)), service)) return true;
      if (comma == std::string_view::npos) break;
      value.remove_prefix(comma + 1);
    }
  }
  return values.empty();
}

// The hash of an entry; empty: none that we verify.
std::string usable_hash(const Entry& entry) {
  for (const std::string& value : entry.values("userpassword")) {
    if (!ascii::equal(std::string_view(value).substr(0, scheme.size()), scheme)) continue;
    std::string hash = value.substr(scheme.size());
    const int verdict = crypt_checksalt(hash.c_str());
    if (verdict == CRYPT_SALT_OK || verdict == CRYPT_SALT_TOO_CHEAP) return hash;
  }
  return {};
}

struct Eraser {
  void operator()(crypt_data* data) const {
    explicit_bzero(data, sizeof *data);
    delete data;
  }
};

}  // namespace

SearchRequest app_passwords_of(const std::string& user_dn) {
  SearchRequest request;
  request.base = user_dn;
  request.filter = "(|(objectClass=mailtreeAppPassword)(pwdAccountLockedTime=000001010000Z))";
  request.size_limit = max_app_passwords + 1;
  request.wanted = Wanted::secrets;
  return request;
}

std::vector<AppPassword> usable_app_passwords(const Entries& entries, std::string_view service, std::int64_t now,
                                              std::vector<std::string>& problems) {
  std::vector<AppPassword> usable;
  if (std::any_of(entries.begin(), entries.end(), is_locked)) return usable;
  for (const Entry& entry : entries) {
    AppPassword password;
    password.entry_uuid = ascii::to_lower(entry.entry_uuid());
    password.label = ascii::printable(entry.first("cn"), 60);
    password.hash = usable_hash(entry);
    const std::string_view end = entry.first("mailtreepasswordexpires");
    password.expires = parse_generalized_time(end);
    if (password.hash.empty() || (!end.empty() && !password.expires)) {
      problems.push_back(entry.dn + (password.hash.empty() ? ": no usable {CRYPT} hash" : ": unreadable end"));
      continue;
    }
    if (password.expires && *password.expires <= now) continue;
    if (is_in_scope(entry.values("mailtreepasswordscope"), service)) usable.push_back(std::move(password));
  }
  return usable;
}

std::optional<std::size_t> find_app_password(const std::vector<AppPassword>& candidates, const std::string& password) {
  const std::unique_ptr<crypt_data, Eraser> data(new crypt_data{});
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const char* const hashed = crypt_r(password.c_str(), candidates[i].hash.c_str(), data.get());
    if (hashed != nullptr && hashed[0] != '*' && net::equal_in_constant_time(hashed, candidates[i].hash)) return i;
  }
  return std::nullopt;
}

}  // namespace mailtree::ldapauth
