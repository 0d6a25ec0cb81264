// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/server.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <utility>

#include "base/ascii.h"
#include "ldapauth/daemon/authenticator.h"
#include "ldapauth/daemon/cache.h"
#include "ldapauth/daemon/directory.h"
#include "ldapauth/daemon/explainer.h"
#include "ldapauth/daemon/resolver.h"
#include "ldapauth/daemon/scram.h"
#include "ldapauth/daemon/subscription.h"
#include "ldapauth/messages.h"
#include "log/log.h"
#include "net/rpc.h"

namespace mailtree::ldapauth {
namespace {

using net::RpcPeer;
using net::RpcRequest;
template <typename T>
using Answer = Task<Result<T>>;

// Connects, StartTLS and binds of the service: one thread each for searches and subscription.
constexpr std::size_t connect_threads = 2;
constexpr std::chrono::seconds exchange_lifetime{120};
constexpr std::size_t max_exchanges = 20'000;
constexpr std::size_t max_notice_uuids = 1000;  // more changes at once are told as `all`
constexpr std::chrono::milliseconds stop_patience{5000};

SaslReply sasl_reply(SaslState state, std::string detail) {
  SaslReply reply;
  reply.state = state;
  reply.detail = std::move(detail);
  return reply;
}

}  // namespace

struct Server::Parts {
  struct Exchange {
    SaslExchange sasl;
    PeerFacts peer;
    std::string mechanism;
    Credentials claimed;  // SCRAM: whom the client names, once it has; until then `login` is empty
    std::shared_ptr<RpcPeer> owner;
    std::chrono::steady_clock::time_point until;
  };

  Parts(loop::Loop& l, Options o);
  void handle_questions();
  void handle_sign_ins();
  [[nodiscard]] Deadline question_deadline() const { return Deadline::after(options.directory.search_timeout); }

  Answer<ResolveRecipientReply> resolve(RpcRequest<ResolveRecipient> request);
  Answer<AccountReply> account(Task<AccountAnswer> search);
  Answer<DomainReply> domain(RpcRequest<FindDomain> request);
  Answer<WatchChangesReply> watch(RpcRequest<WatchChanges> request);
  Answer<DirectoryStatusReply> status();
  Answer<Explanation> explain_to_operator(RpcRequest<Explain> request);
  Answer<SaslMechanismsReply> mechanisms(RpcRequest<SaslMechanisms> request);
  Answer<SaslReply> cancel_exchange(RpcRequest<SaslCancel> request);
  Answer<SaslReply> start_exchange(RpcRequest<SaslStart> request);
  Answer<SaslReply> step_exchange(RpcRequest<SaslStep> request);
  Task<std::optional<SaslReply>> prepare_scram(Exchange& exchange, const std::string& message);
  Answer<SaslReply> continue_exchange(std::uint64_t id, std::unique_ptr<Exchange> exchange, SaslExchange::Step step);
  Answer<SaslReply> check_password(RpcRequest<CheckPassword> request);

  [[nodiscard]] std::vector<std::string> mechanisms_for(const PeerFacts& peer) const;
  [[nodiscard]] bool takes_passwords(const PeerFacts& peer) const;
  void drop_old_exchanges();
  void subscription_began();
  void entry_changed(const std::string& entry_uuid, bool is_domain);
  void subscription_lost();
  void tell(bool all, const std::string& entry_uuid);
  void send_notices();

  loop::Loop& loop;
  const Options options;
  loop::WorkerPool connects;
  Directory directory;
  Cache cache;
  Resolver resolver;
  Authenticator authenticator;
  Subscription subscription;
  std::map<std::uint64_t, std::unique_ptr<Exchange>> exchanges;  // by number, so by age
  std::uint64_t last_exchange = 0;
  std::vector<std::shared_ptr<RpcPeer>> watchers;
  AccountsChanged notice;  // being collected until the loop's next turn
  bool notice_due = false;
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  net::RpcServer rpc;  // last: its end tells us of peers that have gone
};

Server::Parts::Parts(loop::Loop& l, Options o)
    : loop(l),
      options(std::move(o)),
      connects(l, connect_threads),
      directory(l, connects, options.directory),
      cache(directory, options.cache),
      resolver(l, cache, options),
      authenticator(l, resolver, cache, options),
      subscription(l, connects, options.directory,
                   ChangeHandlers{[this] { subscription_began(); },
                                  [this](const std::string& uuid, bool is_domain) { entry_changed(uuid, is_domain); },
                                  [this] { subscription_lost(); }}),
      rpc(l) {
  handle_questions();
  handle_sign_ins();
  rpc.on_disconnect([this](const std::shared_ptr<RpcPeer>& peer) {
    std::erase(watchers, peer);
    std::erase_if(exchanges, [&peer](const auto& item) { return item.second->owner == peer; });
  });
}

void Server::Parts::handle_questions() {
  rpc.on<ResolveRecipient>([this](RpcRequest<ResolveRecipient> request) { return resolve(std::move(request)); });
  rpc.on<FindLogin>([this](RpcRequest<FindLogin> request) {
    return account(resolver.find_login(std::move(request.message.login), question_deadline()));
  });
  rpc.on<FindAccount>([this](RpcRequest<FindAccount> request) {
    return account(resolver.find_account(std::move(request.message.entry_uuid), question_deadline()));
  });
  rpc.on<FindDomain>([this](RpcRequest<FindDomain> request) { return domain(std::move(request)); });
  rpc.on<WatchChanges>([this](RpcRequest<WatchChanges> request) { return watch(std::move(request)); });
  rpc.on<DirectoryStatus>([this](RpcRequest<DirectoryStatus>) { return status(); });
  rpc.on<Explain>([this](RpcRequest<Explain> request) { return explain_to_operator(std::move(request)); });
}

void Server::Parts::handle_sign_ins() {
  rpc.on<SaslMechanisms>([this](RpcRequest<SaslMechanisms> request) { return mechanisms(std::move(request)); });
  rpc.on<SaslStart>([this](RpcRequest<SaslStart> request) { return start_exchange(std::move(request)); });
  rpc.on<SaslStep>([this](RpcRequest<SaslStep> request) { return step_exchange(std::move(request)); });
  rpc.on<SaslCancel>([this](RpcRequest<SaslCancel> request) { return cancel_exchange(std::move(request)); });
  rpc.on<CheckPassword>([this](RpcRequest<CheckPassword> request) { return check_password(std::move(request)); });
}

Answer<ResolveRecipientReply> Server::Parts::resolve(RpcRequest<ResolveRecipient> request) {
  ResolveRecipientReply reply;
  ResolveRecipient& question = request.message;
  Post post;
  post.sender = std::move(question.sender);
  post.authenticated_as = std::move(question.authenticated_as);
  post.message_bytes = question.message_bytes;
  reply.answer = co_await resolver.resolve(std::move(question.address), std::move(post), question_deadline());
  if (reply.answer.outcome == Outcome::unavailable)
    log::event(log::Level::warning, "ldapauth.recipient.deferred", {{"error", reply.answer.detail}});
  co_return std::move(reply);
}

Answer<AccountReply> Server::Parts::account(Task<AccountAnswer> search) {
  AccountReply reply;
  AccountAnswer found = co_await std::move(search);
  reply.outcome = found.outcome;
  reply.account = std::move(found.account);
  co_return std::move(reply);
}

Answer<DomainReply> Server::Parts::domain(RpcRequest<FindDomain> request) {
  DomainReply reply;
  DomainAnswer found = co_await resolver.find_domain(ascii::to_lower(request.message.name), question_deadline());
  if (std::holds_alternative<NotHosted>(found)) reply.outcome = Outcome::not_hosted;
  if (auto* record = std::get_if<DomainRecord>(&found)) {
    reply.outcome = Outcome::found;
    reply.domain = std::move(record->domain);
  }
  co_return std::move(reply);
}

Answer<WatchChangesReply> Server::Parts::watch(RpcRequest<WatchChanges> request) {
  WatchChangesReply reply;
  reply.subscribed = subscription.live();
  if (std::find(watchers.begin(), watchers.end(), request.peer) == watchers.end()) watchers.push_back(request.peer);
  co_return reply;
}

Answer<DirectoryStatusReply> Server::Parts::status() {
  DirectoryStatusReply reply;
  reply.connected = directory.connected();
  reply.subscribed = subscription.live();
  reply.cached_entries = cache.size();
  reply.server = directory.uri();
  reply.detail = directory.problem();
  co_return std::move(reply);
}

Answer<Explanation> Server::Parts::explain_to_operator(RpcRequest<Explain> request) {
  Explanation explanation = co_await explain(loop, cache, options, std::move(request.message), question_deadline());
  co_return std::move(explanation);
}

Answer<SaslMechanismsReply> Server::Parts::mechanisms(RpcRequest<SaslMechanisms> request) {
  SaslMechanismsReply reply;
  reply.mechanisms = mechanisms_for(request.message.peer);
  co_return std::move(reply);
}

Answer<SaslReply> Server::Parts::cancel_exchange(RpcRequest<SaslCancel> request) {
  SaslReply reply = sasl_reply(SaslState::failed, "cancelled by the client");
  const auto found = exchanges.find(request.message.exchange);
  if (found != exchanges.end() && found->second->owner == request.peer) exchanges.erase(found);
  co_return std::move(reply);
}

// PLAIN and LOGIN show the password to whoever listens, and a SCRAM exchange can be guessed at by whoever heard it: so
// without TLS all of them need a trusted network. With channel binding first: it is the best there is.
std::vector<std::string> Server::Parts::mechanisms_for(const PeerFacts& peer) const {
  std::vector<std::string> offered;
  if (!peer.tls && !config::any_contains(options.plaintext_networks, peer.peer_address)) return offered;
  for (const std::string& name : options.mechanisms)
    if (peer.tls && is_scram(name)) offered.push_back(name + "-PLUS");
  offered.insert(offered.end(), options.mechanisms.begin(), options.mechanisms.end());
  return offered;
}

bool Server::Parts::takes_passwords(const PeerFacts& peer) const {
  const auto offered = mechanisms_for(peer);
  return std::any_of(offered.begin(), offered.end(),
                     [](const std::string& name) { return name == "PLAIN" || name == "LOGIN"; });
}

void Server::Parts::drop_old_exchanges() {
  const auto now = std::chrono::steady_clock::now();
  while (!exchanges.empty() && (exchanges.begin()->second->until < now || exchanges.size() > max_exchanges))
    exchanges.erase(exchanges.begin());
}

Answer<SaslReply> Server::Parts::start_exchange(RpcRequest<SaslStart> request) {
  SaslStart& start = request.message;
  const auto offered = mechanisms_for(start.peer);
  const std::string mechanism = ascii::to_upper(start.mechanism);
  const bool has_binding = !start.channel_binding_type.empty() && !start.channel_binding_data.empty();
  const bool wants_binding = mechanism.ends_with("-PLUS");
  const bool known = std::find(offered.begin(), offered.end(), mechanism) != offered.end();
  if (!known || (wants_binding && !has_binding))
    co_return sasl_reply(SaslState::unknown_mechanism, "not offered: " + ascii::printable(start.mechanism));
  drop_old_exchanges();
  auto exchange = std::make_unique<Exchange>();
  exchange->peer = start.peer;
  exchange->owner = request.peer;
  exchange->until = std::chrono::steady_clock::now() + exchange_lifetime;
  exchange->mechanism = mechanism;
  // Also without -PLUS: a client that says we offer none was told so by somebody in the middle (RFC 5802 section 6).
  if (has_binding && is_scram(mechanism))
    exchange->sasl.set_channel_binding(start.channel_binding_type, start.channel_binding_data, wants_binding);
  std::optional<std::string> initial;
  if (start.has_initial_response) initial = std::move(start.initial_response);
  const std::string first = initial.value_or(std::string());
  std::optional<SaslReply> ended = co_await prepare_scram(*exchange, first);
  if (ended) co_return std::move(*ended);
  SaslExchange::Step step = exchange->sasl.start(exchange->peer.service, mechanism, initial);
  auto reply = co_await continue_exchange(++last_exchange, std::move(exchange), std::move(step));
  co_return reply;
}

Answer<SaslReply> Server::Parts::step_exchange(RpcRequest<SaslStep> request) {
  const auto found = exchanges.find(request.message.exchange);
  if (found == exchanges.end() || found->second->owner != request.peer)
    co_return sasl_reply(SaslState::failed, "no such exchange");
  auto exchange = std::move(found->second);
  exchanges.erase(found);
  std::optional<SaslReply> ended = co_await prepare_scram(*exchange, request.message.response);
  if (ended) co_return std::move(*ended);
  SaslExchange::Step step = exchange->sasl.step(request.message.response);
  auto reply = co_await continue_exchange(request.message.exchange, std::move(exchange), std::move(step));
  co_return reply;
}

// Before the step that reads the client's first SCRAM message: finds the verifier it will need. A reply: the exchange
// ends here. A malformed message is left for Cyrus to refuse.
Task<std::optional<SaslReply>> Server::Parts::prepare_scram(Exchange& exchange, const std::string& message) {
  std::optional<SaslReply> ended;
  if (!is_scram(exchange.mechanism) || message.empty() || !exchange.claimed.login.empty()) co_return std::move(ended);
  const std::optional<std::string> name = scram_user_name(message);
  if (!name) co_return std::move(ended);
  exchange.claimed.login = *name;
  ScramLookup found = co_await authenticator.find_verifier(*name, exchange.mechanism, exchange.peer);
  if (!found.available) {
    ended = sasl_reply(SaslState::unavailable, std::move(found.problem));
    co_return std::move(ended);
  }
  exchange.sasl.set_verifier(*name, found.verifier);
  exchange.claimed.entry_uuid = std::move(found.entry_uuid);
  exchange.claimed.problem = std::move(found.problem);
  co_return std::move(ended);
}

Answer<SaslReply> Server::Parts::continue_exchange(std::uint64_t id, std::unique_ptr<Exchange> exchange,
                                                   SaslExchange::Step step) {
  SaslReply reply;
  if (step.state == SaslExchange::State::proceed) {
    reply.state = SaslState::proceed;
    reply.exchange = id;
    reply.challenge = std::move(step.challenge);
    exchanges.emplace(id, std::move(exchange));
    co_return std::move(reply);
  }
  if (step.state == SaslExchange::State::unknown_mechanism)
    co_return sasl_reply(SaslState::unknown_mechanism, "no such plugin");
  // A malformed response is a failed login like any other: no password, so the directory is not asked for a name.
  Credentials claimed;
  if (step.state == SaslExchange::State::claimed) {
    claimed = exchange->sasl.take_credentials();
    claimed.entry_uuid = exchange->claimed.entry_uuid;
  } else if (!exchange->claimed.login.empty()) {
    claimed = std::move(exchange->claimed);
    claimed.proof = Credentials::Proof::refuted;
  }
  claimed.mechanism = exchange->mechanism;
  reply = co_await authenticator.sign_in(std::move(claimed), exchange->peer);
  co_return std::move(reply);
}

Answer<SaslReply> Server::Parts::check_password(RpcRequest<CheckPassword> request) {
  CheckPassword& check = request.message;
  if (!takes_passwords(check.peer))
    co_return sasl_reply(SaslState::unknown_mechanism, "passwords need TLS here");
  Credentials claimed;
  claimed.login = std::move(check.login);
  claimed.password = std::move(check.password);
  claimed.mechanism = "LOGIN";
  SaslReply reply = co_await authenticator.sign_in(std::move(claimed), std::move(check.peer));
  co_return std::move(reply);
}

void Server::Parts::subscription_began() {
  cache.set_subscribed(true);
  authenticator.all_changed();
  tell(true, {});
}

void Server::Parts::entry_changed(const std::string& entry_uuid, bool is_domain) {
  cache.entry_changed(entry_uuid);
  authenticator.entry_changed(entry_uuid);
  tell(is_domain, entry_uuid);
}

void Server::Parts::subscription_lost() {
  cache.set_subscribed(false);
  authenticator.all_changed();
  tell(true, {});
}

// Notices of one turn of the loop go out as one.
void Server::Parts::tell(bool all, const std::string& entry_uuid) {
  notice.all = notice.all || all || notice.entry_uuids.size() >= max_notice_uuids;
  if (!notice.all) notice.entry_uuids.push_back(entry_uuid);
  if (notice_due) return;
  notice_due = true;
  loop.post([this, living = alive] {
    if (*living) send_notices();
  });
}

void Server::Parts::send_notices() {
  notice_due = false;
  if (notice.all) notice.entry_uuids.clear();
  for (const auto& watcher : watchers) watcher->push(notice);
  notice = {};
}

Server::Server(loop::Loop& loop, Options options) : parts_(std::make_unique<Parts>(loop, std::move(options))) {}

Server::~Server() { *parts_->alive = false; }

Result<void> Server::start(UniqueFd listening, std::vector<unsigned> peer_uids) {
  std::signal(SIGPIPE, SIG_IGN);  // libldap writes to connections that slapd has closed
  setenv("LDAPNOINIT", "1", 1);   // the machine's ldap.conf is for other programs
  const auto sasl = initialise_sasl(parts_->options.mechanisms);
  if (!sasl) return sasl.error();
  parts_->rpc.allow_uids(std::move(peer_uids));
  parts_->rpc.serve(std::move(listening));
  parts_->directory.start();
  if (parts_->options.cache.subscribe) parts_->subscription.start();
  return {};
}

loop::Task<void> Server::stop() {
  const Deadline deadline = Deadline::after(stop_patience);
  co_await parts_->rpc.stop(deadline);
  co_await parts_->subscription.stop();
  co_await parts_->directory.stop();
}

}  // namespace mailtree::ldapauth
