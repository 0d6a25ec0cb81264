// SPDX-License-Identifier: Apache-2.0
#include "front/connection.h"

#include "base/encoding.h"
#include "front/splice.h"
#include "log/log.h"
#include "net/channel.h"
#include "net/channel_binding.h"
#include "net/digest.h"
#include "net/session_start.h"
#include "net/wire.h"

namespace mailtree::front {
namespace {

// ldapauthd answers within 5 s or says "unavailable"; throttling may add 15 s.
Deadline directory_deadline() {
  return Deadline::after(std::chrono::seconds(25));
}
Deadline hand_over_deadline() {
  return Deadline::after(std::chrono::seconds(5));
}

ldapauth::SaslReply unavailable(const Error& error) {
  ldapauth::SaslReply reply;
  reply.state = ldapauth::SaslState::unavailable;
  reply.detail = error.detail;
  return reply;
}

}  // namespace

Connection::Connection(Services& services, std::unique_ptr<net::Stream> stream, std::string service)
    : services_(services),
      stream_(std::move(stream)),
      service_(std::move(service)),
      id_(hex_encode(net::random_octets(6))),
      deadline_(Deadline::after(services.options.login_timeout)) {}

void Connection::cancel(const Error& error) {
  if (stream_) stream_->cancel(error);
}

bool Connection::may_login() const {
  return stream_->facts().tls || services_.options.may_login_in_clear(stream_->facts().host);
}

bool Connection::may_start_tls() const {
  return services_.tls != nullptr && !stream_->facts().tls;
}

Task<Result<void>> Connection::start_tls(bool after_command) {
  const Deadline deadline = Deadline::after(services_.options.handshake_timeout);
  auto stream = co_await net::accept_tls(std::move(stream_), services_.tls->current(), after_command, deadline);
  if (!stream) co_return stream.error();
  stream_ = std::move(*stream);
  co_return Result<void>();
}

ldapauth::PeerFacts Connection::peer_facts() const {
  ldapauth::PeerFacts facts;
  facts.service = service_;
  facts.peer_address = stream_->facts().host;
  facts.local_address = stream_->facts().local_host;
  facts.tls = stream_->facts().tls;
  facts.session = id_;
  return facts;
}

Task<std::vector<std::string>> Connection::mechanisms() {
  std::vector<std::string> offered;
  if (!may_login()) co_return offered;
  ldapauth::SaslMechanisms request;
  request.peer = peer_facts();
  auto reply = co_await services_.directory.call(request, hand_over_deadline());
  // With ldapauthd away the client may still try: PLAIN is always there, and is answered "temporary".
  if (reply)
    offered = std::move(reply->mechanisms);
  else
    offered.emplace_back("PLAIN");
  if (net::channel_binding(*stream_).type.empty())
    std::erase_if(offered, [](const std::string& name) { return name.ends_with("-PLUS"); });
  co_return offered;
}

Task<ldapauth::SaslReply> Connection::check_password(std::string login, std::string password) {
  ldapauth::CheckPassword request;
  request.peer = peer_facts();
  request.login = std::move(login);
  request.password = std::move(password);
  auto reply = co_await services_.directory.call(request, directory_deadline());
  if (!reply) co_return unavailable(reply.error());
  co_return std::move(*reply);
}

Task<ldapauth::SaslReply> Connection::sasl_start(std::string mechanism, bool has_initial, std::string initial) {
  ldapauth::SaslStart request;
  request.peer = peer_facts();
  request.mechanism = std::move(mechanism);
  request.has_initial_response = has_initial;
  request.initial_response = std::move(initial);
  net::ChannelBinding binding = net::channel_binding(*stream_);
  request.channel_binding_type = std::move(binding.type);
  request.channel_binding_data = std::move(binding.data);
  auto reply = co_await services_.directory.call(request, directory_deadline());
  if (!reply) co_return unavailable(reply.error());
  co_return std::move(*reply);
}

Task<ldapauth::SaslReply> Connection::sasl_step(std::uint64_t exchange, std::string response) {
  ldapauth::SaslStep request;
  request.exchange = exchange;
  request.response = std::move(response);
  auto reply = co_await services_.directory.call(request, directory_deadline());
  if (!reply) co_return unavailable(reply.error());
  co_return std::move(*reply);
}

Task<void> Connection::sasl_cancel(std::uint64_t exchange) {
  ldapauth::SaslCancel request;
  request.exchange = exchange;
  const auto reply = co_await services_.directory.call(request, directory_deadline());
  static_cast<void>(reply);
}

Task<Result<void>> Connection::write(std::string_view text) {
  [[maybe_unused]] const int frame = 0;
  auto written = co_await stream_->write(text, deadline_);
  co_return written;
}

Task<Result<net::LineReader::Line>> Connection::read_line(std::size_t max) {
  net::LineReader reader(*stream_);
  if (!reader.has_line()) reader.release_memory();
  auto line = co_await reader.line(max, deadline_);
  co_return std::move(line);
}

Task<Result<void>> Connection::hand_over(ldapauth::Account account, std::string login_tag, std::string client_id) {
  net::SessionStart start;
  start.protocol = service_ == "pop" ? "pop3" : service_;
  start.session_id = id_;
  start.login_tag = std::move(login_tag);
  start.client_id = std::move(client_id);
  start.peer_host = stream_->facts().host;
  start.peer_port = stream_->facts().port;
  start.tls = stream_->facts().tls;
  start.account = net::encode(account);
  const std::string& socket = service_ == "pop" ? services_.options.pop3d_socket : services_.options.imapd_socket;
  if (!account.mail_host.empty() && account.mail_host != services_.options.host_name)
    co_return Error::temporary(Condition::unavailable, "mailbox is on host " + account.mail_host);

  auto connection = net::Channel::connect(socket);
  if (!connection) co_return connection.error();

  // What was read ahead goes along; what arrives after detach() waits in the kernel for the next reader.
  UniqueFd descriptor;
  if (stream_->socket() != nullptr) {
    auto detached = stream_->socket()->detach();
    if (!detached) co_return detached.error();
    descriptor = std::move(*detached);
  }
  start.unread = stream_->input();
  const bool passed = static_cast<bool>(descriptor);
  auto back = co_await net::send_session(services_.loop, std::move(*connection), std::move(start),
                                         std::move(descriptor), hand_over_deadline());
  if (!back) {  // too late for a reply on a connection that was given away: it closes, the client comes again
    log::event(log::Level::warning, "front.session.lost", {{"error", back.error().detail}}, id_);
    co_return Result<void>();
  }
  log::event(log::Level::info, "front.session.handed_over",
             {{"user", account.name()}, {"peer", stream_->facts().host}, {"tls", stream_->facts().tls}}, id_);
  if (!passed) {
    stream_->input().clear();
    co_await splice(services_.loop, *stream_, **back);
  }
  co_return Result<void>();
}

}  // namespace mailtree::front
