// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/explainer.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "ldapauth/daemon/mail_address.h"
#include "ldapauth/daemon/resolver.h"
#include "ldapauth/daemon/service_access.h"

namespace mailtree::ldapauth {
namespace {

using std::chrono::steady_clock;

// Between resolver and cache. A group with many members may cost many searches: the first ones are told.
class RecordingSearcher final : public Searcher {
 public:
  explicit RecordingSearcher(Cache& cache) : cache_(cache) {}

  Task<SearchAnswer> search(SearchRequest request, Deadline deadline) override {
    SearchMade made;
    made.base = request.base;
    made.only_base = request.scope == Scope::base;
    made.filter = request.filter;
    made.remembered = cache_.holds(request);
    const auto begin = steady_clock::now();
    SearchAnswer answer = co_await cache_.search(std::move(request), deadline);
    made.microseconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begin).count());
    if (const auto* failure = std::get_if<Unavailable>(&answer)) {
      made.problem = failure->reason;
    } else {
      for (const Entry& entry : *std::get<std::shared_ptr<const Entries>>(answer)) made.entries.push_back(entry.dn);
    }
    if (searches_.size() < max_searches) searches_.push_back(std::move(made));
    co_return answer;
  }

  std::vector<SearchMade> take() { return std::move(searches_); }

 private:
  static constexpr std::size_t max_searches = 200;
  Cache& cache_;
  std::vector<SearchMade> searches_;
};

std::vector<ServiceVerdict> judge_services(const AccountAnswer& found) {
  constexpr std::string_view here = "127.0.0.1";
  std::vector<ServiceVerdict> verdicts;
  for (const char* const service : {"imap", "pop", "smtp"}) {
    const bool allowed = found.account.login == LoginVerdict::allowed &&
                         is_service_allowed(found.domain_access, service, true, here) &&
                         is_service_allowed(found.account.service_access, service, true, here);
    verdicts.push_back({service, allowed});
  }
  return verdicts;
}

// The domain that the name lies in; a bare login name lies in the default one.
std::string domain_of(const Explain& request, const Options& options) {
  const auto address = parse_address(ascii::trim(request.name));
  if (!address) return {};
  const bool is_bare = address->domain.empty() && request.question == Question::login;
  return is_bare ? ascii::to_lower(options.default_domain) : address->domain;
}

Task<void> explain_domain(Resolver& resolver, std::string name, Explanation& explanation, Deadline deadline) {
  DomainAnswer found = co_await resolver.find_domain(std::move(name), deadline);
  if (std::holds_alternative<NotHosted>(found)) explanation.domain_outcome = Outcome::not_hosted;
  if (auto* record = std::get_if<DomainRecord>(&found)) {
    explanation.domain_outcome = Outcome::found;
    explanation.domain = std::move(record->domain);
  }
}

}  // namespace

Task<Explanation> explain(loop::Loop& loop, Cache& cache, const Options& options, Explain request, Deadline deadline) {
  Explanation explanation;
  RecordingSearcher recorder(cache);
  Resolver resolver(loop, recorder, options);
  Resolver unrecorded(loop, cache, options);  // asks once more what the first search found
  std::string domain = domain_of(request, options);
  if (request.question == Question::login) {
    AccountAnswer found = co_await resolver.find_login(request.name, deadline);
    explanation.outcome = found.outcome;
    explanation.detail = std::move(found.detail);
    if (found.outcome == Outcome::found) explanation.services = judge_services(found);
    explanation.domain_service_access = std::move(found.domain_access);
    explanation.account = std::move(found.account);
  } else {
    Post post;
    post.sender = request.sender;
    post.authenticated_as = request.authenticated_as;
    RecipientAnswer answer = co_await resolver.resolve(request.name, std::move(post), deadline);
    explanation.outcome = answer.outcome;
    explanation.detail = std::move(answer.detail);
    explanation.plan = std::move(answer.plan);
  }
  explanation.searches = recorder.take();
  if (!domain.empty()) co_await explain_domain(unrecorded, std::move(domain), explanation, deadline);
  co_return std::move(explanation);
}

}  // namespace mailtree::ldapauth
