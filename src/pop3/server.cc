// SPDX-License-Identifier: Apache-2.0
#include "pop3/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "log/log.h"
#include "net/session_start.h"
#include "net/wire.h"
#include "pop3/store_mailbox.h"

namespace mailtree::pop3 {
namespace {

constexpr std::chrono::seconds hand_over_timeout{10};

bool may_connect(int descriptor, const std::vector<unsigned>& uids) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (uids.empty()) return peer.uid == ::geteuid() || peer.uid == 0;
  return std::find(uids.begin(), uids.end(), peer.uid) != uids.end();
}

std::int64_t limit_of(std::int64_t quota) {
  return quota < 0 ? -1 : quota;
}

}  // namespace

Server::Server(loop::Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      pool_(loop, options_.threads),
      directory_(loop, options_.ldapauth_socket),
      tasks_(loop) {
  directory_.watch([this](const ldapauth::AccountsChanged& notice) { accounts_changed(notice); });
}

Server::~Server() = default;

void Server::serve(UniqueFd listening) {
  listener_ = std::make_unique<loop::ListenSocket>(loop_, std::move(listening),
                                                   [this](UniqueFd connection) { accepted(std::move(connection)); });
}

Task<void> Server::stop(Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  listener_.reset();
  tasks_.close();
  const auto sessions = running_;
  for (const auto& [serial, running] : sessions)
    if (running_.contains(serial)) running.session->stop();
  const auto ended = co_await tasks_.wait(deadline);
  if (ended) co_return;
  for (const auto& [serial, running] : sessions)
    if (running_.contains(serial)) running.session->cancel(Error::cancelled(Condition::stopping, "server is stopping"));
  const auto cut_off = co_await tasks_.wait(Deadline::never());  // requests to stored have their own bound
  static_cast<void>(cut_off);
}

void Server::accepted(UniqueFd connection) {
  if (!may_connect(connection.get(), options_.peer_uids)) {
    log::event(log::Level::warning, "pop3.connection.refused", {{"reason", "uid"}});
    return;
  }
  tasks_.spawn(receive(std::move(connection)));
}

Task<void> Server::receive(UniqueFd connection) {
  auto started = co_await net::receive_session(loop_, std::move(connection), Deadline::after(hand_over_timeout));
  if (!started) {
    log::event(log::Level::warning, "pop3.session.unreceived", {{"error", started.error().detail}});
    co_return;
  }
  auto account = net::decode<ldapauth::Account>(started->start.account);
  if (!account || started->start.protocol != "pop3") {
    log::event(log::Level::warning, "pop3.session.unreceived", {{"error", "not a POP3 session"}});
    co_return;
  }
  const std::string session_id = started->start.session_id;
  const std::string peer = started->start.peer_host;
  log::event(log::Level::info, "pop3.session.started", {{"user", account->name()}, {"peer", peer}}, session_id);
  co_await run(std::move(started->stream), std::move(*account), session_id);
  log::event(log::Level::info, "pop3.session.ended", {}, session_id);
}

Task<void> Server::run(std::unique_ptr<net::Stream> stream, ldapauth::Account account, std::string session_id) {
  StoreLink* const link = link_for(account.partition);
  if (link == nullptr) {
    log::event(log::Level::warning, "pop3.mailbox.unavailable", {{"error", "no such partition"}}, session_id);
    const std::string refusal = print(Reply::error("[SYS/TEMP] The mailbox is not reachable now, try again later"));
    const auto said = co_await stream->write(refusal, Deadline::after(hand_over_timeout));
    static_cast<void>(said);
    co_return;
  }
  store::AccountName name;
  name.domain = account.domain;
  name.uid = account.uid;
  name.entry_uuid = account.entry_uuid;
  store::Quota quota;
  quota.bytes = limit_of(account.quota_bytes);
  quota.messages = limit_of(account.quota_messages);
  auto mailbox = std::make_unique<StoreMailbox>(*link, std::move(name), quota);
  Session session(pool_, options_.limits, std::move(stream), std::move(mailbox), session_id);
  const std::uint64_t serial = ++last_serial_;
  running_[serial] = Running{&session, account.entry_uuid};
  co_await session.run();
  running_.erase(serial);
}

StoreLink* Server::link_for(const std::string& partition) {
  const std::string path = options_.store_socket(partition);
  if (path.empty()) return nullptr;
  std::unique_ptr<StoreLink>& link = links_[path];
  if (!link) link = std::make_unique<StoreLink>(loop_, path);
  return link.get();
}

void Server::accounts_changed(const ldapauth::AccountsChanged& notice) {
  const std::set<std::string> changed(notice.entry_uuids.begin(), notice.entry_uuids.end());
  std::set<std::string> ours;
  for (const auto& [serial, running] : running_)
    if (notice.all || changed.contains(running.entry_uuid)) ours.insert(running.entry_uuid);
  if (!ours.empty() && !tasks_.closed()) tasks_.spawn(check_accounts({ours.begin(), ours.end()}));
}

// Only a definite answer ends a session: an outage of the directory does not.
Task<void> Server::check_accounts(std::vector<std::string> entry_uuids) {
  [[maybe_unused]] const int frame = 0;
  for (const std::string& uuid : entry_uuids) {
    const auto reply = co_await directory_.find_account(uuid);
    const bool gone = reply.outcome == ldapauth::Outcome::no_such_user;
    const bool refused =
        reply.outcome == ldapauth::Outcome::found && reply.account.login == ldapauth::LoginVerdict::refused;
    if (!gone && !refused) continue;
    const auto sessions = running_;
    for (const auto& [serial, running] : sessions)
      if (running.entry_uuid == uuid && running_.contains(serial))
        running.session->cancel(Error::cancelled(Condition::inactive, "the account was closed"));
  }
}

}  // namespace mailtree::pop3
