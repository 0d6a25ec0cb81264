// SPDX-License-Identifier: Apache-2.0
#include "imap/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "log/log.h"
#include "net/wire.h"

namespace mailtree::imap {
namespace {

constexpr std::chrono::seconds hand_over_timeout{10};

bool may_connect(int descriptor, const std::vector<unsigned>& uids) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  if (uids.empty()) return peer.uid == ::geteuid() || peer.uid == 0;
  return std::find(uids.begin(), uids.end(), peer.uid) != uids.end();
}

store::AccountName name_of(const ldapauth::Account& user) {
  store::AccountName name;
  name.domain = user.domain;
  name.uid = user.uid;
  name.entry_uuid = user.entry_uuid;
  return name;
}

store::Quota quota_of(const ldapauth::Account& user) {
  const auto limit = [](std::int64_t quota) { return quota < 0 ? std::int64_t{-1} : quota; };
  store::Quota quota;
  quota.bytes = limit(user.quota_bytes);
  quota.messages = limit(user.quota_messages);
  quota.domain_bytes = limit(user.domain_quota_bytes);
  quota.domain_messages = limit(user.domain_quota_messages);
  return quota;
}

}  // namespace

Server::Server(loop::Loop& loop, Options options)
    : loop_(loop), options_(std::move(options)), pool_(loop, options_.threads), tasks_(loop) {
  if (options_.ldapauth_socket.empty()) return;
  directory_ = std::make_unique<ldapauth::Client>(loop, options_.ldapauth_socket);
  directory_->watch([this](const ldapauth::AccountsChanged& notice) { accounts_changed(notice); });
}

Server::~Server() = default;

void Server::serve(UniqueFd listening) {
  listener_ = std::make_unique<loop::ListenSocket>(loop_, std::move(listening),
                                                   [this](UniqueFd connection) { accepted(std::move(connection)); });
}

Task<void> Server::stop(Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  listener_.reset();
  std::vector<std::uint64_t> serials;
  for (const auto& [serial, running] : running_) serials.push_back(serial);
  for (const std::uint64_t serial : serials) {
    if (const auto found = running_.find(serial); found != running_.end()) found->second.session->stop();
  }
  tasks_.close();
  const auto ended = co_await tasks_.wait(deadline);
  if (!ended) {
    for (const std::uint64_t serial : serials) {
      if (const auto found = running_.find(serial); found != running_.end()) found->second.session->cut();
    }
    const auto cut_off = co_await tasks_.wait(Deadline::never());  // requests to stored have their own bound
    static_cast<void>(cut_off);
  }
  for (const auto& [path, link] : links_) {
    const auto stopped = co_await link->stop(Deadline::never());
    static_cast<void>(stopped);
  }
}

void Server::accepted(UniqueFd connection) {
  if (!may_connect(connection.get(), options_.peer_uids)) {
    log::event(log::Level::warning, "imap.connection.refused", {{"reason", "uid"}});
    return;
  }
  tasks_.spawn(receive(std::move(connection)));
}

// The frame of this lives as long as the session: what the hand-over needs stays in that of admit().
Task<void> Server::receive(UniqueFd connection) {
  const std::uint64_t serial = co_await admit(std::move(connection));
  if (serial == 0) co_return;
  const Leaving leaving{*this, serial};
  Running& running = running_.at(serial);
  std::string login_tag = std::move(running.login_tag);
  co_await running.session->run(std::move(login_tag));
}

Task<std::uint64_t> Server::admit(UniqueFd connection) {
  auto started = co_await net::receive_session(loop_, std::move(connection), Deadline::after(hand_over_timeout));
  if (!started) {
    log::event(log::Level::warning, "imap.session.unreceived", {{"error", started.error().detail}});
    co_return 0;
  }
  auto user = net::decode<ldapauth::Account>(started->start.account);
  if (!user || started->start.protocol != "imap") {
    log::event(log::Level::warning, "imap.session.unreceived", {{"error", "not an IMAP session"}});
    co_return 0;
  }
  const net::SessionStart& start = started->start;
  log::event(log::Level::info, "imap.session.started",
             {{"user", user->name()}, {"peer", start.peer_host}, {"client", start.client_id}}, start.session_id);
  auto account = co_await open_account(*user, start.peer_host);
  if (!account) {
    co_await refuse(*started, account.error());
    co_return 0;
  }
  const Session::Surroundings surroundings{loop_, pool_, tasks_, options_.limits};
  const std::uint64_t serial = ++last_serial_;
  running_[serial] = Running{
      std::make_unique<Session>(surroundings, std::move(started->stream), std::move(*account), start.session_id),
      user->entry_uuid, start.peer_host, start.session_id, start.login_tag};
  by_user_[user->entry_uuid].push_back(serial);
  co_return serial;
}

void Server::leave(std::uint64_t serial) {
  const auto found = running_.find(serial);
  const Running running = std::move(found->second);
  running_.erase(found);
  const auto user = by_user_.find(running.entry_uuid);
  std::erase(user->second, serial);
  if (user->second.empty()) by_user_.erase(user);
  log::event(log::Level::info, "imap.session.ended", {}, running.session_id);
}

Task<Result<std::shared_ptr<Account>>> Server::open_account(const ldapauth::Account& user, const std::string& peer) {
  [[maybe_unused]] const int frame = 0;
  if (is_crowded(user.entry_uuid, peer))
    co_return Error::permanent(Condition::limit, "Too many connections of this user", "too many sessions");
  StoreLink* const link = link_for(user.partition);
  if (link == nullptr)
    co_return Error::temporary(Condition::unavailable, "no such partition: " + user.partition);
  auto account = co_await link->open(name_of(user), quota_of(user));
  co_return account;
}

bool Server::is_crowded(const std::string& entry_uuid, const std::string& peer) const {
  const auto sessions = by_user_.find(entry_uuid);
  if (sessions == by_user_.end()) return false;
  if (sessions->second.size() >= options_.max_sessions_per_user) return true;
  const auto same_peer = [this, &peer](std::uint64_t serial) { return running_.at(serial).peer == peer; };
  const auto count = std::count_if(sessions->second.begin(), sessions->second.end(), same_peer);
  return static_cast<std::size_t>(count) >= options_.max_sessions_per_user_and_client;
}

Task<void> Server::refuse(net::StartedSession& started, const Error& error) {
  std::string text;
  log::event(log::Level::warning, "imap.session.refused", {{"error", error.detail}}, started.start.session_id);
  append_completion(text, started.start.login_tag, completion_of(error, false));
  text.append("* BYE Try again later\r\n");
  const auto said = co_await started.stream->write(text, Deadline::after(hand_over_timeout));
  if (!said) co_return;
  const auto shut = co_await started.stream->shut(Deadline::after(hand_over_timeout));
  static_cast<void>(shut);
}

StoreLink* Server::link_for(const std::string& partition) {
  const std::string path = options_.store_socket(partition);
  if (path.empty()) return nullptr;
  std::unique_ptr<StoreLink>& link = links_[path];
  if (!link) link = std::make_unique<StoreLink>(loop_, path);
  return link.get();
}

void Server::accounts_changed(const ldapauth::AccountsChanged& notice) {
  std::vector<std::string> ours;
  if (notice.all) {
    for (const auto& [uuid, serials] : by_user_) ours.push_back(uuid);
  } else {
    for (const std::string& uuid : notice.entry_uuids) {
      if (by_user_.contains(uuid)) ours.push_back(uuid);
    }
  }
  if (!ours.empty() && !tasks_.closed()) tasks_.spawn(check_accounts(std::move(ours)));
}

// Only a definite answer ends a session: an outage of the directory does not.
Task<void> Server::check_accounts(std::vector<std::string> entry_uuids) {
  [[maybe_unused]] const int frame = 0;
  for (const std::string& uuid : entry_uuids) {
    const auto reply = co_await directory_->find_account(uuid);
    const bool gone = reply.outcome == ldapauth::Outcome::no_such_user;
    const bool refused =
        reply.outcome == ldapauth::Outcome::found && reply.account.login == ldapauth::LoginVerdict::refused;
    const auto sessions = by_user_.find(uuid);
    if ((!gone && !refused) || sessions == by_user_.end()) continue;
    const std::vector<std::uint64_t> serials = sessions->second;
    for (const std::uint64_t serial : serials) {
      if (const auto found = running_.find(serial); found != running_.end()) found->second.session->stop();
    }
  }
}

}  // namespace mailtree::imap
