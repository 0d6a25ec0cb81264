// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/group_resolver.h"

#include <array>
#include <utility>

#include "base/ascii.h"
#include "ldapauth/daemon/dn.h"

namespace mailtree::ldapauth {
namespace {

constexpr std::size_t max_members = 10'000;
constexpr std::array<std::string_view, 4> all_addresses = {"mail", "mailalternateaddress", "mailequivalentaddress",
                                                           "mgrprfc822mailmember"};

// All searches that find members of the group.
std::vector<SearchRequest> member_searches(const Entry& group) {
  std::vector<SearchRequest> requests;
  for (const std::string& dn : group.values("uniquemember")) {
    SearchRequest request;
    request.base = dn;
    request.scope = Scope::base;
    requests.push_back(std::move(request));
  }
  for (const std::string_view attribute : {"mgrpdeliverto", "memberurl"})
    for (const std::string& url : group.values(attribute))
      if (auto request = parse_member_url(url)) requests.push_back(std::move(*request));
  return requests;
}

RecipientAnswer unavailable(std::string detail) {
  RecipientAnswer answer;
  answer.detail = std::move(detail);
  return answer;
}

RecipientAnswer found(DeliveryPlan plan) {
  RecipientAnswer answer;
  answer.outcome = Outcome::found;
  answer.plan = std::move(plan);
  return answer;
}

}  // namespace

// What several searches found, each in its place, so that the order of the entry survives their running side by side.
struct GroupResolver::Collection {
  std::vector<Entries> places;
  std::string failure;
};

Task<void> GroupResolver::collect(SearchRequest request, std::size_t place, Collection& into, Deadline deadline) {
  SearchAnswer answer = co_await directory_.search(std::move(request), deadline);
  if (auto* failure = std::get_if<Unavailable>(&answer)) {
    into.failure = failure->reason.empty() ? "unavailable" : std::move(failure->reason);
    co_return;
  }
  into.places[place] = *std::get<std::shared_ptr<const Entries>>(answer);
}

Task<void> GroupResolver::collect_all(std::vector<SearchRequest> requests, Collection& into, Deadline deadline) {
  loop::TaskGroup searches(loop_);
  const Deadline never = Deadline::never();  // each search has its own deadline
  into.places.resize(requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) searches.spawn(collect(std::move(requests[i]), i, into, deadline));
  const auto ended = co_await searches.wait(never);
  if (!ended) into.failure = ended.error().detail;
}

// Each URL or DN stands for all addresses of the entries it finds; a group among them (the list itself: "members only")
// for those of its members. Returns what went wrong, or nothing.
Task<std::string> GroupResolver::broadcasters(const Entry& group, std::string attribute,
                                              std::vector<std::string>& addresses, Deadline deadline) {
  std::vector<SearchRequest> requests;
  for (const std::string& value : group.values(attribute)) {
    if (std::string address = address_of(value); !address.empty()) {
      addresses.push_back(std::move(address));
      continue;
    }
    const bool is_url = ascii::starts_with(ascii::trim(value), "ldap:");
    const auto request = parse_member_url(is_url ? value : "ldap:///" + value);
    if (request) requests.push_back(*request);
  }
  for (int depth = 0; depth < 3 && !requests.empty(); ++depth) {
    Collection found;
    std::vector<SearchRequest> now = std::exchange(requests, {});
    co_await collect_all(std::move(now), found, deadline);
    if (!found.failure.empty()) co_return std::move(found.failure);
    for (const Entries& entries : found.places) {
      for (const Entry& entry : entries) {
        for (const std::string_view name : all_addresses)
          for (const std::string& address : entry.values(name))
            addresses.push_back(ascii::to_lower(ascii::trim(address)));
        for (SearchRequest& request : member_searches(entry)) requests.push_back(std::move(request));
      }
    }
    if (requests.size() + addresses.size() > max_members) co_return "too many senders allowed: " + group.dn;
  }
  co_return std::string();
}

Task<RecipientAnswer> GroupResolver::plan(Entry group, Status status, AddressUse use, Post post, Deadline deadline) {
  Broadcasters who;
  std::string failure = co_await broadcasters(group, "mgrpallowedbroadcaster", who.allowed, deadline);
  if (!failure.empty()) co_return unavailable(std::move(failure));
  failure = co_await broadcasters(group, "mgrpdisallowedbroadcaster", who.disallowed, deadline);
  if (!failure.empty()) co_return unavailable(std::move(failure));
  Refusal refusal = check_post(group, post, who);
  const bool is_open = refusal_for(status.delivery, true).code == 0;  // else group_plan refuses it
  if (is_open && refusal.code != 0) {
    DeliveryPlan instead;
    for (std::string& address : moderators(group)) instead.forwards.push_back({std::move(address)});
    if (instead.forwards.empty()) instead.refusal = std::move(refusal);
    co_return found(std::move(instead));
  }
  std::vector<SearchRequest> requests = member_searches(group);
  if (requests.size() > max_members) co_return unavailable("too many members: " + group.dn);
  Collection members;
  co_await collect_all(std::move(requests), members, deadline);
  if (!members.failure.empty()) co_return unavailable(std::move(members.failure));
  std::vector<std::string> addresses;
  for (const Entries& entries : members.places)
    for (const Entry& entry : entries)
      if (const auto mail = ascii::trim(entry.first("mail")); !mail.empty()) addresses.emplace_back(mail);
  co_return found(group_plan(group, status, use, std::move(addresses)));
}

}  // namespace mailtree::ldapauth
