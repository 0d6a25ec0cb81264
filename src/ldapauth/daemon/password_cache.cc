// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/password_cache.h"

#include <algorithm>
#include <utility>

#include "net/digest.h"

namespace mailtree::ldapauth {

PasswordCache::PasswordCache(std::chrono::milliseconds ttl, std::size_t max_entries)
    : ttl_(ttl), max_entries_(max_entries), secret_(net::random_octets(32)) {}

std::string PasswordCache::mac(const std::string& entry_uuid, const std::string& password) const {
  return net::hmac_sha256(secret_, entry_uuid + '\0' + password);
}

bool PasswordCache::verified(const std::string& entry_uuid, const std::string& password, const std::string& service,
                             Time now) const {
  const auto found = known_.find(entry_uuid);
  if (found == known_.end()) return false;
  const std::string claimed = mac(entry_uuid, password);
  return std::any_of(found->second.begin(), found->second.end(), [&](const Known& known) {
    const bool fits = known.use.service.empty() || known.use.service == service;
    return fits && now < known.until && net::equal_in_constant_time(known.mac, claimed);
  });
}

void PasswordCache::remember(const std::string& entry_uuid, const std::string& password, Use use, Time now) {
  if (known_.size() >= max_entries_ || owners_.size() >= max_entries_) forget_all();  // a check each is a small price
  std::vector<Known>& all = known_[entry_uuid];
  Known fresh{mac(entry_uuid, password), {}, std::min(now + ttl_, use.until)};
  std::erase_if(all, [&](const Known& old) {
    return now >= old.until || (old.mac == fresh.mac && old.use.service == use.service);
  });
  if (all.size() >= max_per_user) all.erase(all.begin());
  if (!use.source.empty()) owners_[use.source] = entry_uuid;
  fresh.use = std::move(use);
  all.push_back(std::move(fresh));
}

void PasswordCache::forget(const std::string& entry_uuid) {
  known_.erase(entry_uuid);
  const auto owner = owners_.find(entry_uuid);
  if (owner == owners_.end()) return;
  if (const auto user = known_.find(owner->second); user != known_.end())
    std::erase_if(user->second, [&entry_uuid](const Known& known) { return known.use.source == entry_uuid; });
  owners_.erase(owner);
}

void PasswordCache::forget_all() {
  known_.clear();
  owners_.clear();
}

}  // namespace mailtree::ldapauth
