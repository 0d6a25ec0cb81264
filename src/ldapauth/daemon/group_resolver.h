// SPDX-License-Identifier: Apache-2.0
// Groups need further look-ups: members by DN and by URL, and the addresses of those who may post.
#pragma once

#include <string>
#include <vector>

#include "ldapauth/daemon/directory.h"
#include "ldapauth/daemon/group_rules.h"
#include "ldapauth/daemon/plan_builder.h"

namespace mailtree::ldapauth {

class GroupResolver {
 public:
  GroupResolver(loop::Loop& loop, Searcher& directory) : loop_(loop), directory_(directory) {}

  Task<RecipientAnswer> plan(Entry group, Status status, AddressUse use, Post post, Deadline deadline);

 private:
  struct Collection;
  Task<void> collect(SearchRequest request, std::size_t place, Collection& into, Deadline deadline);
  Task<void> collect_all(std::vector<SearchRequest> requests, Collection& into, Deadline deadline);
  Task<std::string> broadcasters(const Entry& group, std::string attribute, std::vector<std::string>& addresses,
                                 Deadline deadline);

  loop::Loop& loop_;
  Searcher& directory_;
};

}  // namespace mailtree::ldapauth
