// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/password_cache.h"

#include "net/digest.h"

namespace mailtree::ldapauth {

PasswordCache::PasswordCache(std::chrono::milliseconds ttl, std::size_t max_entries)
    : ttl_(ttl), max_entries_(max_entries), secret_(net::random_octets(32)) {}

std::string PasswordCache::mac(const std::string& entry_uuid, const std::string& password) const {
  return net::hmac_sha256(secret_, entry_uuid + '\0' + password);
}

bool PasswordCache::verified(const std::string& entry_uuid, const std::string& password, Time now) const {
  const auto found = known_.find(entry_uuid);
  if (found == known_.end() || now >= found->second.until) return false;
  return net::equal_in_constant_time(found->second.mac, mac(entry_uuid, password));
}

void PasswordCache::remember(const std::string& entry_uuid, const std::string& password, Time now) {
  if (known_.size() >= max_entries_) known_.clear();  // a bind each is a small price
  known_[entry_uuid] = Known{mac(entry_uuid, password), now + ttl_};
}

}  // namespace mailtree::ldapauth
