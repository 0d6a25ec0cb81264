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

store::AccountName name_of(const ldapauth::Account& account) {
  store::AccountName name;
  name.domain = account.domain;
  name.uid = account.uid;
  name.entry_uuid = account.entry_uuid;
  return name;
}

store::Quota quota_of(const ldapauth::Account& account) {
  const auto limit = [](std::int64_t quota) { return quota < 0 ? std::int64_t{-1} : quota; };
  store::Quota quota;
  quota.bytes = limit(account.quota_bytes);
  quota.messages = limit(account.quota_messages);
  quota.domain_bytes = limit(account.domain_quota_bytes);
  quota.domain_messages = limit(account.domain_quota_messages);
  return quota;
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
  for (Session* const session : sessions_of("")) session->stop();
  const auto ended = co_await tasks_.wait(deadline);
  if (ended) co_return;
  for (Session* const session : sessions_of(""))
    session->cancel(Error::cancelled(Condition::stopping, "server is stopping"));
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

// The frame of this lives as long as the session: what the hand-over needs stays in that of admit().
Task<void> Server::receive(UniqueFd connection) {
  const std::uint64_t serial = co_await admit(std::move(connection));
  if (serial == 0) co_return;
  const Leaving leaving{*this, serial};
  co_await running_.at(serial).session->run();
}

Task<std::uint64_t> Server::admit(UniqueFd connection) {
  auto started = co_await net::receive_session(loop_, std::move(connection), Deadline::after(hand_over_timeout));
  if (!started) {
    log::event(log::Level::warning, "pop3.session.unreceived", {{"error", started.error().detail}});
    co_return 0;
  }
  auto account = net::decode<ldapauth::Account>(started->start.account);
  if (!account || started->start.protocol != "pop3") {
    log::event(log::Level::warning, "pop3.session.unreceived", {{"error", "not a POP3 session"}});
    co_return 0;
  }
  const net::SessionStart& start = started->start;
  log::event(log::Level::info, "pop3.session.started", {{"user", account->name()}, {"peer", start.peer_host}},
             start.session_id);
  StoreLink* const link = link_for(account->partition);
  if (link == nullptr) {
    log::event(log::Level::warning, "pop3.mailbox.unavailable", {{"error", "no such partition"}}, start.session_id);
    const std::string refusal = print(Reply::error("[SYS/TEMP] The mailbox is not reachable now, try again later"));
    const auto said = co_await started->stream->write(refusal, Deadline::after(hand_over_timeout));
    static_cast<void>(said);
    co_return 0;
  }
  auto mailbox = std::make_unique<StoreMailbox>(*link, name_of(*account), quota_of(*account));
  const std::uint64_t serial = ++last_serial_;
  running_[serial] = Running{std::make_unique<Session>(pool_, options_.limits, std::move(started->stream),
                                                       std::move(mailbox), start.session_id),
                             account->entry_uuid};
  co_return serial;
}

void Server::leave(std::uint64_t serial) {
  const auto found = running_.find(serial);
  log::event(log::Level::info, "pop3.session.ended", {}, found->second.session->id());
  const Running running = std::move(found->second);
  running_.erase(found);
}

std::vector<Session*> Server::sessions_of(const std::string& entry_uuid) const {
  std::vector<Session*> sessions;
  for (const auto& [serial, running] : running_)
    if (entry_uuid.empty() || running.entry_uuid == entry_uuid) sessions.push_back(running.session.get());
  return sessions;
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
    for (Session* const session : sessions_of(uuid))
      session->cancel(Error::cancelled(Condition::inactive, "the account was closed"));
  }
}

}  // namespace mailtree::pop3
