// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/cache.h"

#include <utility>
#include <vector>

namespace mailtree::ldapauth {

Task<SearchAnswer> Cache::search(SearchRequest request, Deadline deadline) {
  const std::string key = request.key();
  if (request.wanted == Wanted::secrets) {
    SearchAnswer secret = co_await directory_.search(std::move(request), deadline);
    co_return secret;
  }
  const auto found = kept_.find(key);
  if (found != kept_.end()) {
    if (std::chrono::steady_clock::now() < found->second->until) {
      items_.splice(items_.begin(), items_, found->second);
      co_return found->second->entries;
    }
    drop(found->second);
  }
  const std::uint64_t asked_at = changes_;
  const bool may_grow = request.may_grow;
  SearchAnswer answer = co_await directory_.search(std::move(request), deadline);
  const auto* entries = std::get_if<std::shared_ptr<const Entries>>(&answer);
  if (entries != nullptr && asked_at == changes_) keep(key, may_grow, *entries);
  co_return answer;
}

bool Cache::holds(const SearchRequest& request) const {
  const auto found = kept_.find(request.key());
  return found != kept_.end() && std::chrono::steady_clock::now() < found->second->until;
}

void Cache::keep(const std::string& key, bool may_grow, std::shared_ptr<const Entries> entries) {
  if (const auto found = kept_.find(key); found != kept_.end()) drop(found->second);
  Item item;
  item.key = key;
  item.fragile = may_grow || entries->empty();
  item.until = std::chrono::steady_clock::now() + (subscribed_ ? options_.subscribed_ttl : options_.unsubscribed_ttl);
  for (const Entry& entry : *entries) keys_of_[std::string(entry.entry_uuid())].insert(key);
  if (item.fragile) fragile_.insert(key);
  item.entries = std::move(entries);
  items_.push_front(std::move(item));
  kept_[key] = items_.begin();
  if (items_.size() > options_.max_entries) drop(std::prev(items_.end()));
}

void Cache::drop(Items::iterator item) {
  for (const Entry& entry : *item->entries) {
    const auto keys = keys_of_.find(std::string(entry.entry_uuid()));
    if (keys == keys_of_.end()) continue;
    keys->second.erase(item->key);
    if (keys->second.empty()) keys_of_.erase(keys);
  }
  fragile_.erase(item->key);
  kept_.erase(item->key);
  items_.erase(item);
}

void Cache::entry_changed(const std::string& entry_uuid) {
  ++changes_;
  std::vector<std::string> keys(fragile_.begin(), fragile_.end());
  if (const auto found = keys_of_.find(entry_uuid); found != keys_of_.end())
    keys.insert(keys.end(), found->second.begin(), found->second.end());
  for (const std::string& key : keys)
    if (const auto kept = kept_.find(key); kept != kept_.end()) drop(kept->second);
}

void Cache::all_changed() {
  ++changes_;
  items_.clear();
  kept_.clear();
  keys_of_.clear();
  fragile_.clear();
}

void Cache::set_subscribed(bool subscribed) {
  subscribed_ = subscribed;
  all_changed();
}

}  // namespace mailtree::ldapauth
