// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/resolver.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "ldapauth/daemon/dn.h"
#include "ldapauth/daemon/filter.h"
#include "log/log.h"

namespace mailtree::ldapauth {
namespace {

using EntriesPtr = std::shared_ptr<const Entries>;

constexpr int max_hops = 4;  // catch-all and postmaster addresses that lead to one another

RecipientAnswer unavailable(std::string detail) {
  RecipientAnswer answer;
  answer.detail = std::move(detail);
  return answer;
}

RecipientAnswer outcome(Outcome what, std::string detail = {}) {
  RecipientAnswer answer;
  answer.outcome = what;
  answer.detail = std::move(detail);
  return answer;
}

RecipientAnswer found(DeliveryPlan plan) {
  RecipientAnswer answer;
  answer.outcome = Outcome::found;
  answer.plan = std::move(plan);
  return answer;
}

// A broken entry is an operator's business: one line for each attempt, and a temporary failure for the sender.
RecipientAnswer broken(const Error& error) {
  log::event(log::Level::error, "ldapauth.entry.refused", {{"error", error.detail}});
  return unavailable(error.detail);
}

// Every way an address may be written under a domain and its canonical name.
std::vector<std::string> spellings(const std::string& local, const std::string& given, const std::string& canonical) {
  std::vector<std::string> out{local + '@' + given};
  if (given != canonical) out.push_back(local + '@' + canonical);
  return out;
}

void add_tests(std::vector<std::string>& tests, const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses)
    for (const std::string_view attribute : {"mail", "mailAlternateAddress", "mailEquivalentAddress"})
      tests.push_back(equals(attribute, address));
}

SearchRequest address_search(const DomainRecord& domain, const std::vector<std::string>& addresses, bool may_grow) {
  std::vector<std::string> tests;
  add_tests(tests, addresses);
  SearchRequest request;
  request.base = domain.domain.base_dn;
  request.filter = any_of(tests);
  request.may_grow = may_grow;
  return request;
}

bool owns_any(const Entry& entry, const std::vector<std::string>& addresses) {
  for (const std::string_view attribute : {"mail", "mailalternateaddress", "mailequivalentaddress"})
    for (const std::string& value : entry.values(attribute))
      for (const std::string& address : addresses)
        if (ascii::equal(ascii::trim(value), address)) return true;
  return false;
}

Entries owners(const Entries& entries, const std::vector<std::string>& addresses) {
  Entries out;
  for (const Entry& entry : entries)
    if (owns_any(entry, addresses)) out.push_back(entry);
  return out;
}

}  // namespace

Resolver::Resolver(loop::Loop& loop, Searcher& directory, const Options& options)
    : directory_(directory),
      groups_(loop, directory),
      base_dn_(options.directory.base_dn),
      postmaster_(options.postmaster),
      default_domain_(ascii::to_lower(options.default_domain)) {
  own_hosts_.push_back(ascii::to_lower(options.host_name));
  for (const std::string& name : options.host_names) own_hosts_.push_back(ascii::to_lower(name));
}

bool Resolver::is_own_host(const std::string& name) const { return contains_host(own_hosts_, name); }

Task<DomainAnswer> Resolver::find_domain(std::string name, Deadline deadline) {
  SearchRequest request;
  request.base = base_dn_;
  request.filter = "(&(objectClass=sunManagedOrganization)(|" + equals("sunPreferredDomain", name) +
                   equals("associatedDomain", name) + "))";
  SearchAnswer answer = co_await directory_.search(std::move(request), deadline);
  if (auto* failure = std::get_if<Unavailable>(&answer)) co_return std::move(*failure);
  const EntriesPtr entries = std::get<EntriesPtr>(answer);
  if (entries->empty()) co_return NotHosted{};
  if (entries->size() > 1) {
    const std::string detail = "domain " + name + " has two entries: " + (*entries)[0].dn + " and " + (*entries)[1].dn;
    log::event(log::Level::error, "ldapauth.entry.refused", {{"error", detail}});
    co_return Unavailable{detail};
  }
  auto record = read_domain(entries->front());
  if (!record) {
    log::event(log::Level::error, "ldapauth.entry.refused", {{"error", record.error().detail}});
    co_return Unavailable{record.error().detail};
  }
  const auto& hosts = record->routing_hosts;
  const bool ours = std::any_of(hosts.begin(), hosts.end(), [this](const auto& host) { return is_own_host(host); });
  if (!hosts.empty() && !ours) co_return NotHosted{};
  co_return std::move(*record);
}

Task<RecipientAnswer> Resolver::resolve(std::string address, Post post, Deadline deadline) {
  Question question;
  question.post = std::move(post);
  question.deadline = deadline;
  return resolve_hop(std::move(address), std::move(question));
}

Task<RecipientAnswer> Resolver::resolve_hop(std::string text, Question question) {
  const auto address = parse_address(text);
  if (++question.hops > max_hops) co_return unavailable("catch-all or postmaster addresses in a circle: " + text);
  if (!address) co_return outcome(Outcome::no_such_user, "not an address");
  question.address = *address;
  if (address->domain.empty() || is_own_host(address->domain)) {
    // RFC 5321 4.1.1.3, 4.5.1. A host name of ours is no domain: it has no users.
    if (is_postmaster(address->local)) {
      auto answer = co_await resolve_postmaster(std::move(question));
      co_return answer;
    }
    if (address->domain.empty()) co_return outcome(Outcome::no_such_user, "no domain");
  }
  DomainAnswer domain = co_await find_domain(address->domain, question.deadline);
  if (auto* failure = std::get_if<Unavailable>(&domain)) co_return unavailable(std::move(failure->reason));
  if (std::holds_alternative<NotHosted>(domain)) co_return outcome(Outcome::not_hosted);
  question.domain = std::move(std::get<DomainRecord>(domain));
  auto answer = co_await resolve_local(std::move(question));
  co_return answer;
}

Task<RecipientAnswer> Resolver::resolve_local(Question question) {
  AddressUse use;
  const MailAddress& address = question.address;
  use.address = address.text();
  const auto written = spellings(address.local, address.domain, question.domain.domain.name);
  SearchAnswer answer =
      co_await directory_.search(address_search(question.domain, written, false), question.deadline);
  if (auto* failure = std::get_if<Unavailable>(&answer)) co_return unavailable(std::move(failure->reason));
  const auto owner = only_one(*std::get<EntriesPtr>(answer));
  if (!owner) co_return broken(owner.error());
  if (*owner != nullptr) {
    auto plan = co_await plan_for(**owner, std::move(use), std::move(question));
    co_return plan;
  }
  auto other = co_await resolve_others(std::move(question));
  co_return other;
}

// Nobody has the address itself: the owner of the name before '+', postmaster, the owner of "@domain".
Task<RecipientAnswer> Resolver::resolve_others(Question question) {
  AddressUse use;
  const MailAddress& address = question.address;
  const std::string& canonical = question.domain.domain.name;
  use.address = address.text();
  const auto subaddress = split_subaddress(address.local);
  std::vector<std::string> names;
  if (subaddress) names = spellings(subaddress->name, address.domain, canonical);
  const auto catch_all = spellings("", address.domain, canonical);
  std::vector<std::string> asked = names;
  asked.insert(asked.end(), catch_all.begin(), catch_all.end());
  SearchAnswer answer = co_await directory_.search(address_search(question.domain, asked, true), question.deadline);
  if (auto* failure = std::get_if<Unavailable>(&answer)) co_return unavailable(std::move(failure->reason));
  const EntriesPtr entries = std::get<EntriesPtr>(answer);

  const Entries by_name = owners(*entries, names);
  const auto named = only_one(by_name);
  if (!named) co_return broken(named.error());
  if (*named != nullptr) {
    use.folder_hint = subaddress->detail;
    auto plan = co_await plan_for(**named, std::move(use), std::move(question));
    co_return plan;
  }
  if (is_postmaster(address.local)) {
    auto plan = co_await resolve_postmaster(std::move(question));
    co_return plan;
  }
  const Entries by_domain = owners(*entries, catch_all);
  const auto catcher = only_one(by_domain);
  if (!catcher) co_return broken(catcher.error());
  if (*catcher != nullptr) {
    auto plan = co_await plan_for(**catcher, std::move(use), std::move(question));
    co_return plan;
  }
  auto plan = co_await resolve_elsewhere(std::move(question));
  co_return plan;
}

Task<RecipientAnswer> Resolver::resolve_postmaster(Question question) {
  const bool usable = !postmaster_.empty() && !is_postmaster(postmaster_);
  if (!usable) {
    // RFC 5321 4.5.1 wants it accepted; without a target the sender may only try again.
    Refusal refusal{451, "4.3.5", "Postmaster address is not configured"};
    co_return found(refusal_plan(std::move(refusal)));
  }
  auto answer = co_await resolve_hop(postmaster_, std::move(question));
  if (answer.outcome == Outcome::not_hosted) co_return found(forward_plan(postmaster_));
  if (answer.outcome == Outcome::no_such_user) co_return unavailable("the postmaster address does not exist");
  co_return answer;
}

Task<RecipientAnswer> Resolver::resolve_elsewhere(Question question) {
  AddressUse use;
  use.address = question.address.text();
  const Domain& domain = question.domain.domain;
  const std::string target = domain.catchall;
  if (target.empty()) {
    if (domain.smart_host.empty()) co_return outcome(Outcome::no_such_user);
    co_return found(host_plan(domain.smart_host, use));
  }
  auto answer = co_await resolve_hop(target, std::move(question));
  if (answer.outcome == Outcome::not_hosted) co_return found(forward_plan(target));
  co_return answer;
}

Task<RecipientAnswer> Resolver::plan_for(Entry entry, AddressUse use, Question question) {
  const bool is_user = is_mail_user(entry);
  if (!is_user) {
    Status status = group_status(question.domain.status, entry);
    auto plan = co_await groups_.plan(std::move(entry), std::move(status), std::move(use), std::move(question.post),
                                      question.deadline);
    co_return plan;
  }
  const auto account = read_account(entry, question.domain);
  if (!account) co_return broken(account.error());
  co_return found(user_plan(entry, *account, use, own_hosts_));
}

namespace {

AccountAnswer account_answer(const Entry& entry, const DomainRecord& domain) {
  AccountAnswer answer;
  auto account = read_account(entry, domain);
  if (!account) {
    log::event(log::Level::error, "ldapauth.entry.refused", {{"error", account.error().detail}});
    answer.detail = account.error().detail;
    return answer;
  }
  answer.outcome = Outcome::found;
  answer.account = std::move(*account);
  answer.domain_access = domain.service_access;
  return answer;
}

AccountAnswer account_outcome(Outcome what, std::string detail) {
  AccountAnswer answer;
  answer.outcome = what;
  answer.detail = std::move(detail);
  return answer;
}

// Of the users a login name fits, the one whose uid it is wins over the one whose address it is.
const Entry* login_owner(const Entries& entries, const std::string& local, bool& ambiguous) {
  std::vector<const Entry*> by_uid, by_mail;
  for (const Entry& entry : entries) {
    if (!is_mail_user(entry)) continue;
    (ascii::equal(entry.first("uid"), local) ? by_uid : by_mail).push_back(&entry);
  }
  const auto& owners = by_uid.empty() ? by_mail : by_uid;
  ambiguous = owners.size() > 1;
  return owners.size() == 1 ? owners.front() : nullptr;
}

}  // namespace

Task<AccountAnswer> Resolver::find_login(std::string login, Deadline deadline) {
  auto name = parse_address(ascii::trim(login));
  if (!name) co_return account_outcome(Outcome::no_such_user, "not a login name");
  if (name->domain.empty()) name->domain = default_domain_;
  if (name->domain.empty()) co_return account_outcome(Outcome::no_such_user, "no default domain");
  DomainAnswer domain = co_await find_domain(name->domain, deadline);
  if (auto* failure = std::get_if<Unavailable>(&domain))
    co_return account_outcome(Outcome::unavailable, std::move(failure->reason));
  if (std::holds_alternative<NotHosted>(domain)) co_return account_outcome(Outcome::no_such_user, "no such domain");
  const DomainRecord& record = std::get<DomainRecord>(domain);
  SearchRequest request;
  request.base = record.domain.base_dn;
  std::vector<std::string> tests{equals("uid", name->local)};
  for (const std::string& address : spellings(name->local, name->domain, record.domain.name))
    tests.push_back(equals("mail", address));
  request.filter = record.login_filter.empty() ? any_of(tests)
                                               : expand_login_filter(record.login_filter, name->local, name->domain);
  request.may_grow = true;
  SearchAnswer answer = co_await directory_.search(std::move(request), deadline);
  if (auto* failure = std::get_if<Unavailable>(&answer))
    co_return account_outcome(Outcome::unavailable, std::move(failure->reason));
  bool ambiguous = false;
  const Entry* owner = login_owner(*std::get<EntriesPtr>(answer), name->local, ambiguous);
  if (ambiguous) co_return account_outcome(Outcome::unavailable, "ambiguous login name");
  if (owner == nullptr) co_return account_outcome(Outcome::no_such_user, "no such user");
  co_return account_answer(*owner, record);
}

// The domain of an entry is that of one of its addresses whose users it stands among.
Task<AccountAnswer> Resolver::find_account(std::string entry_uuid, Deadline deadline) {
  SearchRequest request;
  request.base = base_dn_;
  request.filter = equals("entryUUID", entry_uuid);
  SearchAnswer answer = co_await directory_.search(std::move(request), deadline);
  if (auto* failure = std::get_if<Unavailable>(&answer))
    co_return account_outcome(Outcome::unavailable, std::move(failure->reason));
  const EntriesPtr entries = std::get<EntriesPtr>(answer);
  if (entries->empty() || !is_mail_user(entries->front()))
    co_return account_outcome(Outcome::no_such_user, "no such entry");
  const Entry& entry = entries->front();
  for (const std::string_view attribute : {"mail", "mailalternateaddress", "mailequivalentaddress"}) {
    for (const std::string& value : entry.values(attribute)) {
      const auto address = parse_address(value);
      if (!address || address->domain.empty()) continue;
      DomainAnswer domain = co_await find_domain(address->domain, deadline);
      if (auto* failure = std::get_if<Unavailable>(&domain))
        co_return account_outcome(Outcome::unavailable, std::move(failure->reason));
      const auto* record = std::get_if<DomainRecord>(&domain);
      if (record != nullptr && is_at_or_below(entry.dn, record->domain.base_dn))
        co_return account_answer(entry, *record);
    }
  }
  co_return account_outcome(Outcome::no_such_user, "the entry has no address in its domain");
}

}  // namespace mailtree::ldapauth
