// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/settings.h"
#include "log/log.h"
#include "loop/socket.h"
#include "smtp/server/backends.h"
#include "smtp/server/session.h"

namespace mailtree::smtp {
namespace {

constexpr std::chrono::seconds handshake_patience{10};

std::string host_name_of(const config::Settings& settings) {
  if (!settings.host_name.empty()) return settings.host_name;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

// A full server says so without a session: one write, and if it does not fit, none.
void turn_away(Role role, const UniqueFd& connection) {
  constexpr std::string_view words = "421 4.7.0 Too many connections, try again later\r\n";
  if (role == Role::submissions) return;  // expects a handshake
  const ssize_t sent = ::send(connection.get(), words.data(), words.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  static_cast<void>(sent);
}

}  // namespace

Server::Server(loop::Loop& loop, const config::Settings& settings, Backends& backends, const Clock& clock,
               std::uint64_t processes)
    : loop_(loop),
      settings_(settings),
      limits_(std::max<std::uint64_t>(settings.smtp.max_connections / std::max<std::uint64_t>(processes, 1), 1),
              settings.smtp.max_connections_per_client),
      tasks_(loop),
      services_{loop, tasks_, settings, backends, nullptr, clock, host_name_of(settings)} {
  if (!settings.tls.certificate.empty()) {
    tls_ = std::make_unique<net::TlsStore>(settings.tls.certificate,
                                           settings.tls.key.empty() ? settings.tls.certificate : settings.tls.key);
    services_.tls = tls_.get();
  }
}

Server::~Server() = default;

Result<void> Server::load_certificate() {
  if (tls_ == nullptr) return {};
  return tls_->reload();
}

void Server::listen(Role role, UniqueFd listening) {
  listeners_.push_back(std::make_unique<loop::ListenSocket>(
      loop_, std::move(listening), [this, role](UniqueFd connection) { accept(role, std::move(connection)); }));
}

void Server::accept(Role role, UniqueFd connection) {
  if (stopping_) return;
  tasks_.spawn(serve(role, std::move(connection)));
}

loop::Task<void> Server::serve(Role role, UniqueFd connection) {
  auto socket = loop::Socket::adopt(loop_, std::move(connection));
  if (!socket) co_return;  // gone before it was looked at
  const std::string host = (*socket)->peer().host;
  const bool exempt = config::any_contains(settings_.limit_exempt_networks, host);
  const auto place = limits_.enter(host, exempt);
  if (!place) {
    log::event(log::Level::warning, "smtp.session.refused", {{"client", host}, {"error", "too many connections"}});
    if (const auto raw = (*socket)->detach()) turn_away(role, *raw);
    co_return;
  }
  std::unique_ptr<net::Stream> stream = net::plain_stream(std::move(*socket));
  if (role == Role::submissions) {
    if (tls_ == nullptr || tls_->current() == nullptr) co_return;
    auto encrypted =
        co_await net::accept_tls(std::move(stream), tls_->current(), false, loop::Deadline::after(handshake_patience));
    if (!encrypted) {
      log::event(log::Level::info, "smtp.tls.failed", {{"client", host}, {"error", encrypted.error().detail}});
      co_return;
    }
    stream = std::move(*encrypted);
  }
  Session session(services_, role, std::move(stream));
  sessions_.insert(&session);
  if (stopping_) session.leave({421, "4.3.2", "Server is shutting down"});
  co_await session.run();
  sessions_.erase(&session);
}

loop::Task<void> Server::stop(loop::Deadline deadline) {
  const Error gone = Error::cancelled(Condition::stopping, "server stops");
  stopping_ = true;
  listeners_.clear();
  const std::vector<Session*> running(sessions_.begin(), sessions_.end());
  for (Session* session : running) session->leave({421, "4.3.2", "Server is shutting down"});
  const auto ended = co_await tasks_.wait(deadline);
  if (ended) co_return;
  const std::vector<Session*> stubborn(sessions_.begin(), sessions_.end());
  for (Session* session : stubborn) session->cancel(gone);
  const auto cancelled = co_await tasks_.wait(loop::Deadline::after(std::chrono::seconds(15)));
  static_cast<void>(cancelled);
}

}  // namespace mailtree::smtp
