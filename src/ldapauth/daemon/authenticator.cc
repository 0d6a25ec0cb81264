// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/authenticator.h"

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
              {"peer", peer.peer_address},
              {"tls", peer.tls},
              {"error", answer.detail}},
             peer.session);
}

}  // namespace

Authenticator::Authenticator(loop::Loop& loop, Resolver& resolver, const Cache& cache, const Options& options)
    : loop_(loop),
      resolver_(resolver),
      cache_(cache),
      directory_(options.directory),
      binds_(loop, options.directory),
      passwords_(options.cache.password_ttl),
      throttle_(options.throttle) {}

Task<SaslReply> Authenticator::sign_in(Credentials credentials, PeerFacts peer) {
  const auto wait = throttle_.wait_before(peer.peer_address, credentials.login, std::chrono::steady_clock::now());
  if (wait.count() > 0) co_await loop::sleep(loop_, wait);
  SaslReply answer = co_await check(credentials, peer);
  log_sign_in(answer, credentials, peer);
  if (answer.state == SaslState::failed) {
    const auto held = throttle_.failed(peer.peer_address, credentials.login, std::chrono::steady_clock::now());
    if (held.count() > 0) co_await loop::sleep(loop_, held);
  } else if (answer.state == SaslState::ok) {
    throttle_.succeeded(peer.peer_address, credentials.login);
  }
  co_return std::move(answer);
}

Task<SaslReply> Authenticator::check(const Credentials& credentials, const PeerFacts& peer) {
  const Deadline deadline = Deadline::after(directory_.bind_timeout);
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
  const bool known = cache_.subscribed() && passwords_.verified(account.entry_uuid, credentials.password,
                                                                std::chrono::steady_clock::now());
  if (!known) {
    const std::uint64_t changes = cache_.changes();
    const BindAnswer bind = co_await binds_.check(account.dn, credentials.password, deadline);
    if (bind.outcome == BindOutcome::unavailable) co_return reply(SaslState::unavailable, bind.reason);
    if (bind.outcome == BindOutcome::wrong) {
      passwords_.forget(account.entry_uuid);
      co_return reply(SaslState::failed, bind.reason);
    }
    if (cache_.subscribed() && changes == cache_.changes())
      passwords_.remember(account.entry_uuid, credentials.password, std::chrono::steady_clock::now());
  }
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
  SaslReply answer = reply(SaslState::ok, known ? "remembered" : "");
  answer.account = std::move(found.account);
  co_return std::move(answer);
}

}  // namespace mailtree::ldapauth
