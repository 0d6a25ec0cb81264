// SPDX-License-Identifier: Apache-2.0
#include "front/server.h"

#include "front/imap/session.h"
#include "front/pop3/session.h"
#include "log/log.h"

namespace mailtree::front {
namespace {

bool is_imap(Protocol protocol) {
  return protocol == Protocol::imap || protocol == Protocol::imaps;
}
bool is_implicit_tls(Protocol protocol) {
  return protocol == Protocol::imaps || protocol == Protocol::pop3s;
}

std::unique_ptr<net::TlsStore> make_store(const Options& options) {
  if (options.tls_certificate.empty()) return nullptr;
  return std::make_unique<net::TlsStore>(options.tls_certificate, options.tls_key);
}

}  // namespace

std::string_view name_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::imap:
      return "imap";
    case Protocol::imaps:
      return "imaps";
    case Protocol::pop3:
      return "pop3";
    case Protocol::pop3s:
      return "pop3s";
  }
  return "";
}

Server::Server(loop::Loop& loop, Options options)
    : loop_(loop),
      options_(std::move(options)),
      tls_(make_store(options_)),
      directory_(loop, options_.ldapauth_socket),
      services_(loop, options_, directory_, tls_.get()),
      tasks_(loop) {}

Server::~Server() {
  listeners_.clear();
  tasks_.close();
  for (Connection* connection : running_) connection->cancel(Error::cancelled(Condition::stopping, "stopping"));
  while (tasks_.size() != 0) loop_.run_once();
}

Result<void> Server::load_certificate() {
  if (!tls_) return {};
  return tls_->reload();
}

void Server::listen(Protocol protocol, UniqueFd listening) {
  listeners_.push_back(std::make_unique<loop::ListenSocket>(
      loop_, std::move(listening),
      [this, protocol](UniqueFd connection) { accepted(protocol, std::move(connection)); }));
}

bool Server::admit(const std::string& client) {
  if (tasks_.size() >= options_.max_connections) return false;
  if (options_.is_limit_exempt(client)) return true;
  const auto found = clients_.find(client);
  return found == clients_.end() || found->second < options_.max_connections_per_client;
}

void Server::accepted(Protocol protocol, UniqueFd connection) {
  auto socket = loop::Socket::adopt(loop_, std::move(connection));
  if (!socket) return;  // gone already
  auto stream = net::plain_stream(std::move(*socket));
  if (!admit(stream->facts().host)) {
    log::event(log::Level::warning, "front.connection.refused", {{"peer", stream->facts().host}, {"reason", "limit"}});
    return;
  }
  tasks_.spawn(run(protocol, std::move(stream)));
}

Task<void> Server::run(Protocol protocol, std::unique_ptr<net::Stream> stream) {
  const std::string client = stream->facts().host;
  ++clients_[client];
  {
    Connection connection(services_, std::move(stream), is_imap(protocol) ? "imap" : "pop");
    running_.insert(&connection);
    bool ready = true;
    if (is_implicit_tls(protocol)) {
      const auto started = co_await connection.start_tls(false);
      ready = started.has_value();
      if (!started)
        log::event(log::Level::info, "front.tls.failed", {{"peer", client}, {"error", started.error().detail}},
                   connection.id());
    }
    if (ready && is_imap(protocol)) {
      imap::Session session(connection);
      co_await session.run();
    } else if (ready) {
      pop3::Session session(connection);
      co_await session.run();
    }
    running_.erase(&connection);
  }
  if (--clients_[client] == 0) clients_.erase(client);
}

Task<void> Server::stop(Deadline deadline) {
  const Deadline half = Deadline::after(std::chrono::seconds(2)).earlier(deadline);
  listeners_.clear();
  tasks_.close();
  const auto drained = co_await tasks_.wait(half);
  if (!drained) {
    for (Connection* connection : running_) connection->cancel(Error::cancelled(Condition::stopping, "stopping"));
    const auto ended = co_await tasks_.wait(deadline);
    static_cast<void>(ended);
  }
}

}  // namespace mailtree::front
