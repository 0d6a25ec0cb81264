// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/authenticator.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "ldapauth/daemon/service_access.h"
#include "log/log.h"
#include "loop/signal.h"

namespace mailtree::ldapauth {
namespace {

SaslReply reply(SaslState state, std::string detail) {
  SaslReply answer;
  answer.state = state;
  answer.detail = std::move(detail);
  return answer;
}

std::string_view name_of(SaslState state) {
  switch (state) {
    case SaslState::proceed: return "proceed";
    case SaslState::ok: return "ok";
    case SaslState::failed: return "failed";
    case SaslState::unavailable: return "unavailable";
    case SaslState::refused: return "refused";
    case SaslState::unknown_mechanism: return "unknown_mechanism";
  }
  return "";
}

void log_sign_in(const SaslReply& answer, const Credentials& credentials, const PeerFacts& peer) {
  const auto level = answer.state == SaslState::ok ? log::Level::info : log::Level::warning;
  log::event(level, "ldapauth.login.done",
             {{"state", name_of(answer.state)},
              {"login", credentials.login},
              {"user", answer.state == SaslState::ok ? answer.account.name() : std::string()},
              {"service", peer.service},
              {"mechanism", credentials.mechanism},
              {"peer", peer.peer_address},
              {"tls", peer.tls},
              {"error", answer.detail}},
             peer.session);
}

}  // namespace

Authenticator::Authenticator(loop::Loop& loop, Resolver& resolver, Cache& cache, const Options& options)
    : loop_(loop),
      resolver_(resolver),
      cache_(cache),
      directory_(options.directory),
      binds_(loop, options.directory),
      passwords_(options.cache.password_ttl),
      throttle_(options.throttle),
      default_domain_(options.default_domain) {}

Task<SaslReply> Authenticator::sign_in(Credentials credentials, PeerFacts peer) {
  const auto wait = throttle_.wait_before(peer.peer_address, credentials.login, std::chrono::steady_clock::now());
  if (wait.count() > 0) co_await loop::sleep(loop_, wait);
  const auto began = std::chrono::steady_clock::now();
  SaslReply answer = co_await check(credentials, peer);
  log_sign_in(answer, credentials, peer);
  if (answer.state == SaslState::failed) {
    const auto held = throttle_.failed(peer.peer_address, credentials.login, std::chrono::steady_clock::now());
    // Counted from the beginning, so that what the check took (hashes, searches) does not show.
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(began + held - std::chrono::steady_clock::now());
    if (left.count() > 0) co_await loop::sleep(loop_, left);
  } else if (answer.state == SaslState::ok) {
    throttle_.succeeded(peer.peer_address, credentials.login);
  }
  co_return std::move(answer);
}

Task<SaslReply> Authenticator::check(const Credentials& credentials, const PeerFacts& peer) {
  const Deadline deadline = Deadline::after(directory_.bind_timeout);
  if (credentials.proof == Credentials::Proof::refuted) co_return reply(SaslState::failed, credentials.problem);
  if (credentials.proof == Credentials::Proof::proved) {
    std::string no_detail;
    AccountAnswer owner = co_await resolver_.find_login(credentials.login, deadline);
    if (owner.outcome == Outcome::unavailable) co_return reply(SaslState::unavailable, std::move(owner.detail));
    if (owner.outcome != Outcome::found || owner.account.entry_uuid != credentials.entry_uuid)
      co_return reply(SaslState::failed, "the entry changed meanwhile");
    auto decided = co_await admit(credentials, peer, std::move(owner), std::move(no_detail), deadline);
    co_return decided;
  }
  // RFC 4513 5.1.2: an empty password would bind as nobody and succeed. RFC 4616: no NUL inside.
  const bool empty = credentials.login.empty() || credentials.password.empty();
  if (empty || credentials.password.find('\0') != std::string::npos) {
    auto answer = co_await refuse_unknown("x", "empty or malformed password", deadline);
    co_return answer;
  }
  AccountAnswer found = co_await resolver_.find_login(credentials.login, deadline);
  if (found.outcome == Outcome::unavailable) co_return reply(SaslState::unavailable, std::move(found.detail));
  if (found.outcome != Outcome::found) {
    auto answer = co_await refuse_unknown(credentials.password, std::move(found.detail), deadline);
    co_return answer;
  }
  auto answer = co_await check_account(credentials, peer, std::move(found), deadline);
  co_return answer;
}

// A bind that cannot succeed, so that an unknown name takes as long as a wrong password and an outage shows for both.
Task<SaslReply> Authenticator::refuse_unknown(std::string password, std::string detail, Deadline deadline) {
  std::string nobody = "cn=nobody," + directory_.base_dn;
  const BindAnswer bind = co_await binds_.check(std::move(nobody), std::move(password), deadline);
  if (bind.outcome == BindOutcome::unavailable) co_return reply(SaslState::unavailable, bind.reason);
  co_return reply(SaslState::failed, std::move(detail));
}

Task<SaslReply> Authenticator::check_account(const Credentials& credentials, const PeerFacts& peer, AccountAnswer found,
                                             Deadline deadline) {
  const Account& account = found.account;
  // Without the subscription nobody tells us of a changed password.
  const bool known = cache_.subscribed() && passwords_.verified(account.entry_uuid, credentials.password, peer.service,
                                                                std::chrono::steady_clock::now());
  std::string detail = known ? "remembered" : "";
  if (!known) {
    const std::uint64_t changes = cache_.changes();
    const BindAnswer bind = co_await binds_.check(account.dn, credentials.password, deadline);
    if (bind.outcome == BindOutcome::unavailable) co_return reply(SaslState::unavailable, bind.reason);
    if (bind.outcome == BindOutcome::wrong) {
      SaslReply other = co_await check_app_passwords(credentials, peer, account, deadline);
      if (other.state != SaslState::ok) co_return std::move(other);
      detail = std::move(other.detail);
    } else if (cache_.subscribed() && changes == cache_.changes()) {
      passwords_.remember(account.entry_uuid, credentials.password, {}, std::chrono::steady_clock::now());
    }
  }
  auto decided = co_await admit(credentials, peer, std::move(found), std::move(detail), deadline);
  co_return decided;
}

// The passwords of single applications, which the directory itself does not take. `ok`: one of them is it.
Task<SaslReply> Authenticator::check_app_passwords(const Credentials& credentials, const PeerFacts& peer,
                                                   const Account& account, Deadline deadline) {
  const std::uint64_t changes = cache_.changes();
  SearchAnswer answer = co_await cache_.search(app_passwords_of(account.dn), deadline);
  if (const auto* failure = std::get_if<Unavailable>(&answer)) co_return reply(SaslState::unavailable, failure->reason);
  const auto entries = std::get<std::shared_ptr<const Entries>>(answer);
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
  std::vector<std::string> problems;
  const std::vector<AppPassword> usable = usable_app_passwords(*entries, peer.service, now, problems);
  for (const std::string& problem : problems)
    log::event(log::Level::warning, "ldapauth.app_password.ignored", {{"error", problem}}, peer.session);
  if (usable.empty()) co_return reply(SaslState::failed, "wrong password");
  const std::optional<std::size_t> found = co_await binds_.find(usable, credentials.password);
  if (!found) co_return reply(SaslState::failed, "wrong password");
  const AppPassword& password = usable[*found];
  if (cache_.subscribed() && changes == cache_.changes()) {
    PasswordCache::Use use;
    use.service = peer.service;
    use.source = password.entry_uuid;
    const auto time = std::chrono::steady_clock::now();
    // Far ends would overflow the clock; the cache forgets earlier anyway.
    if (password.expires)
      use.until = time + std::chrono::seconds(std::min<std::int64_t>(*password.expires - now, 86400));
    passwords_.remember(account.entry_uuid, credentials.password, std::move(use), time);
  }
  co_return reply(SaslState::ok, "password of application " + password.label);
}

// The password was right: may this user come in here and now?
Task<SaslReply> Authenticator::admit(const Credentials& credentials, const PeerFacts& peer, AccountAnswer found,
                                     std::string detail, Deadline deadline) {
  const Account& account = found.account;
  // Acting as somebody else needs a right that nobody has so far.
  const std::string& acts_as = credentials.authorization;
  if (!acts_as.empty() && !ascii::equal(acts_as, credentials.login)) {
    const AccountAnswer other = co_await resolver_.find_login(acts_as, deadline);
    if (other.outcome == Outcome::unavailable) co_return reply(SaslState::unavailable, other.detail);
    if (other.outcome != Outcome::found || other.account.entry_uuid != account.entry_uuid)
      co_return reply(SaslState::refused, "may not act as " + ascii::printable(acts_as));
  }
  if (account.login == LoginVerdict::refused) co_return reply(SaslState::refused, account.status_word);
  for (const std::string_view rules : {std::string_view(found.domain_access), std::string_view(account.service_access)})
    if (!is_service_allowed(rules, peer.service, peer.tls, peer.peer_address))
      co_return reply(SaslState::refused, "service not allowed: " + std::string(rules));
  SaslReply answer = reply(SaslState::ok, std::move(detail));
  answer.account = std::move(found.account);
  co_return std::move(answer);
}

// A name that every spelling of one user comes to, whether there is that user or not.
Task<std::string> Authenticator::canonical_name(std::string login, Deadline deadline) {
  std::string name = ascii::to_lower(ascii::trim(login));
  if (name.find('@') == std::string::npos) name += '@' + default_domain_;
  const std::size_t at = name.rfind('@');
  DomainAnswer domain = co_await resolver_.find_domain(name.substr(at + 1), deadline);
  if (const auto* record = std::get_if<DomainRecord>(&domain)) name = name.substr(0, at + 1) + record->domain.name;
  co_return std::move(name);
}

// The same searches for whoever is named: nothing but the last step may tell an unknown name from a wrong password.
Task<ScramLookup> Authenticator::find_verifier(std::string login, std::string mechanism, PeerFacts peer) {
  const auto wait = throttle_.wait_before(peer.peer_address, login, std::chrono::steady_clock::now());
  if (wait.count() > 0) co_await loop::sleep(loop_, wait);
  ScramLookup lookup;
  const Deadline deadline = Deadline::after(directory_.bind_timeout);
  const AccountAnswer found = co_await resolver_.find_login(login, deadline);
  SearchRequest request;
  request.base = found.outcome == Outcome::found ? found.account.dn : "cn=nobody," + directory_.base_dn;
  request.scope = Scope::base;
  request.wanted = Wanted::secrets;
  SearchAnswer answer = co_await cache_.search(std::move(request), deadline);
  const auto* failure = std::get_if<Unavailable>(&answer);
  if (found.outcome == Outcome::unavailable || failure != nullptr) {
    Credentials claimed;
    claimed.login = std::move(login);
    claimed.mechanism = std::move(mechanism);
    lookup.problem = failure != nullptr ? failure->reason : found.detail;
    log_sign_in(reply(SaslState::unavailable, lookup.problem), claimed, peer);
    co_return std::move(lookup);
  }
  const std::string scheme(without_plus(mechanism));
  const std::string name = co_await canonical_name(login, deadline);
  const auto entries = std::get<std::shared_ptr<const Entries>>(answer);
  VerifierChoice choice;
  choice.problem = found.detail;
  if (found.outcome == Outcome::found && entries->size() == 1) choice = choose_verifier(entries->front(), scheme);
  if (choice.malformed > 0)
    log::event(log::Level::warning, "ldapauth.verifier.ignored",
               {{"user", found.account.name()}, {"mechanism", scheme}, {"values", choice.malformed}}, peer.session);
  lookup.available = true;
  lookup.problem = choice.problem.empty() ? "wrong password" : choice.problem;
  if (choice.verifier) {
    decoy_.imitate(*choice.verifier);
    lookup.entry_uuid = found.account.entry_uuid;
    lookup.verifier = choice.verifier->print();
  } else {
    lookup.verifier = decoy_.make(scheme, name).print();
  }
  co_return std::move(lookup);
}

}  // namespace mailtree::ldapauth
