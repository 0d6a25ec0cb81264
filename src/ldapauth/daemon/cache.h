// SPDX-License-Identifier: Apache-2.0
// Answers to searches, kept until they change. With a change subscription an answer lives until an entry in it changes;
// an answer "no entry" until any entry changes; without one, both live unsubscribed_ttl. "Unavailable" is never kept,
// and neither are secrets (Wanted::secrets): those searches pass through.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "ldapauth/daemon/directory.h"
#include "ldapauth/daemon/options.h"

namespace mailtree::ldapauth {

class Cache final : public Searcher {
 public:
  Cache(Searcher& directory, const CacheOptions& options) : directory_(directory), options_(options) {}

  Task<SearchAnswer> search(SearchRequest request, Deadline deadline) override;

  // Whether search() would answer this from memory now.
  [[nodiscard]] bool holds(const SearchRequest& request) const;

  // The subscription says: this entry was added, changed or deleted.
  void entry_changed(const std::string& entry_uuid);
  // Anything may have changed: the subscription began, ended or lost count.
  void all_changed();
  void set_subscribed(bool subscribed);
  [[nodiscard]] bool subscribed() const { return subscribed_; }
  // Counts the changes heard of: what was asked before one may be older than it.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  struct Item {
    std::string key;
    std::shared_ptr<const Entries> entries;
    std::chrono::steady_clock::time_point until;
    bool fragile = false;  // any change anywhere ends it: it is empty, or may grow
  };
  using Items = std::list<Item>;

  void keep(const std::string& key, bool may_grow, std::shared_ptr<const Entries> entries);
  void drop(Items::iterator item);

  Searcher& directory_;
  const CacheOptions options_;
  bool subscribed_ = false;
  std::uint64_t changes_ = 0;  // an answer asked for before a change is not kept after it
  Items items_;                // most recently used first
  std::unordered_map<std::string, Items::iterator> kept_;
  std::unordered_map<std::string, std::unordered_set<std::string>> keys_of_;  // entryUUID -> keys
  std::unordered_set<std::string> fragile_;                                  // keys
};

}  // namespace mailtree::ldapauth
