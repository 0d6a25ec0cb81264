// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/client.h"

#include <utility>

#include "loop/task_group.h"
#include "net/rpc.h"

namespace mailtree::ldapauth {
namespace {

// ldapauthd answers a look-up within its own 5 s; a login may be held back by the throttle before that.
constexpr std::chrono::milliseconds lookup_patience{7'000};
constexpr std::chrono::milliseconds login_patience{30'000};

}  // namespace

struct Client::Parts {
  Parts(loop::Loop& loop, std::string path) : rpc(loop, std::move(path)), tasks(loop) {}

  // A failure of the channel becomes the reply's default, which says "unavailable" in every type of ours.
  template <typename R>
  Task<typename R::Reply> ask(R request, std::chrono::milliseconds patience) {
    const auto deadline = loop::Deadline::after(patience);
    auto answer = co_await rpc.call(request, deadline);
    if (answer) co_return std::move(*answer);
    typename R::Reply none;
    if constexpr (requires { none.detail; }) none.detail = answer.error().detail;
    co_return std::move(none);
  }

  Task<void> subscribe() {
    const WatchChanges request;
    const auto answer = co_await rpc.call(request, loop::Deadline::after(lookup_patience));
    static_cast<void>(answer);  // on failure the channel is gone: its return subscribes again
  }

  net::RpcClient rpc;
  loop::TaskGroup tasks;
  std::function<void(const AccountsChanged&)> changed;
};

Client::Client(loop::Loop& loop, std::string socket_path)
    : parts_(std::make_unique<Parts>(loop, std::move(socket_path))) {}
Client::~Client() = default;

Task<RecipientAnswer> Client::resolve_recipient(ResolveRecipient request) {
  Parts& parts = *parts_;
  ResolveRecipientReply reply = co_await parts.ask(std::move(request), lookup_patience);
  co_return std::move(reply.answer);
}

Task<AccountReply> Client::find_login(std::string login) {
  FindLogin request;
  request.login = std::move(login);
  return parts_->ask(std::move(request), lookup_patience);
}

Task<AccountReply> Client::find_account(std::string entry_uuid) {
  FindAccount request;
  request.entry_uuid = std::move(entry_uuid);
  return parts_->ask(std::move(request), lookup_patience);
}

Task<DomainReply> Client::find_domain(std::string name) {
  FindDomain request;
  request.name = std::move(name);
  return parts_->ask(std::move(request), lookup_patience);
}

Task<SaslMechanismsReply> Client::sasl_mechanisms(PeerFacts peer) {
  SaslMechanisms request;
  request.peer = std::move(peer);
  return parts_->ask(std::move(request), lookup_patience);
}

Task<SaslReply> Client::sasl_start(SaslStart request) { return parts_->ask(std::move(request), login_patience); }

Task<SaslReply> Client::sasl_step(std::uint64_t exchange, std::string response) {
  SaslStep request;
  request.exchange = exchange;
  request.response = std::move(response);
  return parts_->ask(std::move(request), login_patience);
}

Task<SaslReply> Client::sasl_cancel(std::uint64_t exchange) {
  SaslCancel request;
  request.exchange = exchange;
  return parts_->ask(std::move(request), lookup_patience);
}

Task<SaslReply> Client::check_password(CheckPassword request) {
  return parts_->ask(std::move(request), login_patience);
}

Task<DirectoryStatusReply> Client::status() {
  DirectoryStatus request;
  return parts_->ask(std::move(request), lookup_patience);
}

Task<Explanation> Client::explain(Explain request) {
  return parts_->ask(std::move(request), lookup_patience);
}

void Client::watch(std::function<void(const AccountsChanged&)> changed) {
  parts_->changed = std::move(changed);
  Parts* parts = parts_.get();
  parts_->rpc.on_push<AccountsChanged>([parts](AccountsChanged notice) { parts->changed(notice); });
  parts_->rpc.on_connection([parts](bool connected) {
    if (!connected) return;
    AccountsChanged all;
    all.all = true;
    parts->changed(all);
    parts->tasks.spawn(parts->subscribe());
  });
  parts_->rpc.keep_connected();
}

}  // namespace mailtree::ldapauth
