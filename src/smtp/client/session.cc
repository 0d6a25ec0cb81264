// SPDX-License-Identifier: Apache-2.0
// Connecting, hello, TLS, login, single commands. Messages: transfer.cc.
#include "smtp/client/session.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "loop/socket.h"
#include "net/tls_context.h"
#include "smtp/limits.h"

namespace mailtree::smtp::client {
namespace {

constexpr std::chrono::seconds farewell_patience{5};
constexpr std::chrono::seconds handshake_patience{30};

Error refused(const Reply& reply) {
  const Kind kind = reply.permanent() ? Kind::permanent : Kind::temporary;
  return {kind, Condition::denied, reply.one_line(), reply.one_line()};
}

Error broken(const std::string& what) {
  return Error::temporary(Condition::syntax, what);
}

}  // namespace

Session::Session(std::unique_ptr<net::Stream> stream, Options options)
    : stream_(std::move(stream)), reader_(*stream_), options_(std::move(options)) {
  if (options_.tls_context == nullptr) options_.tls = Tls::never;
}

Task<Result<std::unique_ptr<Session>>> Session::connect(loop::Loop& loop, std::string host, std::uint16_t port,
                                                        Options options) {
  const bool may_retry = options.tls == Tls::opportunistic;
  for (;;) {
    auto socket = co_await loop::Socket::connect_tcp(loop, host, port, options.source_address,
                                                     Deadline::after(options.patience.connect));
    if (!socket) co_return socket.error();
    std::unique_ptr<net::Stream> stream = net::plain_stream(std::move(*socket));
    Options attempt = options;
    auto session = co_await open(std::move(stream), std::move(attempt));
    // RFC 3207 and RFC 7435: mail in clear is better than no mail, unless policy says otherwise.
    const bool handshake = !session && session.error().condition == Condition::bad_credentials;
    if (!handshake || !may_retry || options.tls == Tls::never) co_return session;
    options.tls = Tls::never;
  }
}

Task<Result<std::unique_ptr<Session>>> Session::open(std::unique_ptr<net::Stream> stream, Options options) {
  std::unique_ptr<Session> session(new Session(std::move(stream), std::move(options)));
  const auto started = co_await session->start();
  if (!started && session->handshake_failed_)
    co_return Error::temporary(Condition::bad_credentials, started.error().detail);
  if (!started) {
    if (session->usable_) co_await session->quit();
    co_return started.error();
  }
  co_return session;
}

Task<Result<void>> Session::start() {
  [[maybe_unused]] const int frame = 0;
  if (options_.tls == Tls::immediate) {
    const auto secured = co_await start_tls();
    if (!secured) co_return secured.error();
  }
  const auto greeting = co_await read_reply(options_.patience.greeting);
  if (!greeting) co_return greeting.error();
  usable_ = true;
  if (greeting->code != 220) co_return refused(*greeting);
  const auto greeted = co_await say_hello();
  if (!greeted) co_return greeted.error();
  const bool wanted = options_.tls == Tls::opportunistic || options_.tls == Tls::required;
  if (wanted && !tls()) {
    if (capabilities_.starttls) {
      const auto reply = co_await command("STARTTLS\r\n", options_.patience.command);
      if (!reply) co_return reply.error();
      if (reply->code == 220) {
        const auto secured = co_await start_tls();
        if (!secured) co_return secured.error();
        const auto again = co_await say_hello();  // RFC 3207 4.2: what was known before is void
        if (!again) co_return again.error();
      }
    }
    if (!tls() && options_.tls == Tls::required)
      co_return Error::temporary(Condition::denied, "TLS is required and was not offered");
  }
  if (options_.login) {
    const auto signed_in = co_await log_in(*options_.login);
    if (!signed_in) co_return signed_in.error();
  }
  co_return Result<void>{};
}

Task<Result<void>> Session::say_hello() {
  std::string hello = (options_.lmtp ? "LHLO " : "EHLO ") + options_.hello_name + "\r\n";
  capabilities_ = Capabilities{};
  const auto reply = co_await command(std::move(hello), options_.patience.command);
  if (!reply) co_return reply.error();
  if (reply->code == 250) {
    capabilities_ = capabilities_of(*reply);
    co_return Result<void>{};
  }
  if (!reply->permanent() || options_.lmtp) co_return refused(*reply);
  std::string old_hello = "HELO " + options_.hello_name + "\r\n";  // RFC 5321 3.2
  const auto old_reply = co_await command(std::move(old_hello), options_.patience.command);
  if (!old_reply) co_return old_reply.error();
  if (old_reply->code != 250) co_return refused(*old_reply);
  co_return Result<void>{};
}

Task<Result<void>> Session::start_tls() {
  std::unique_ptr<net::Stream> plain = std::move(stream_);
  auto encrypted = co_await net::connect_tls(std::move(plain), options_.tls_context, options_.server_name,
                                             Deadline::after(handshake_patience));
  if (!encrypted) {
    usable_ = false;
    handshake_failed_ = true;
    co_return encrypted.error();
  }
  stream_ = std::move(*encrypted);
  reader_ = net::LineReader(*stream_);
  co_return Result<void>{};
}

// RFC 4954 with the two mechanisms every submission server has. A password is never shown in clear.
Task<Result<void>> Session::log_in(Login login) {
  [[maybe_unused]] const int frame = 0;
  if (!tls()) co_return Error::temporary(Condition::denied, "login without TLS");
  if (capabilities_.has_mechanism("PLAIN")) {
    const std::string token = std::string(1, '\0') + login.user + std::string(1, '\0') + login.password;
    std::string line = "AUTH PLAIN " + base64_encode(token) + "\r\n";
    const auto reply = co_await command(std::move(line), options_.patience.command);
    if (!reply) co_return reply.error();
    if (reply->code != 235) co_return refused(*reply);
    co_return Result<void>{};
  }
  const std::string steps[] = {"AUTH LOGIN", base64_encode(login.user), base64_encode(login.password)};
  for (const std::string& step : steps) {
    const int wanted = &step == &steps[2] ? 235 : 334;
    std::string line = step + "\r\n";
    const auto reply = co_await command(std::move(line), options_.patience.command);
    if (!reply) co_return reply.error();
    if (reply->code != wanted) co_return refused(*reply);
  }
  co_return Result<void>{};
}

Task<Result<Reply>> Session::command(std::string line, std::chrono::seconds patience) {
  [[maybe_unused]] const int frame = 0;
  if (!reader_.empty()) {  // a reply to nothing: out of step, or injected before TLS
    usable_ = false;
    co_return broken("the server spoke out of turn");
  }
  const auto sent = co_await write(line, patience);
  if (!sent) co_return sent.error();
  const auto reply = co_await read_reply(patience);
  co_return reply;
}

Task<Result<Reply>> Session::read_reply(std::chrono::seconds patience) {
  ReplyReader parts;
  const auto deadline = Deadline::after(patience);
  for (;;) {
    const auto line = co_await reader_.line(limits::reply_octets, deadline);
    if (!line) {
      usable_ = false;
      co_return broken("no reply: " + line.error().detail);
    }
    const auto progress = parts.feed(line->text);
    if (progress == ReplyReader::Progress::broken) {
      usable_ = false;
      co_return broken("not a reply of SMTP");
    }
    if (progress == ReplyReader::Progress::complete) {
      Reply reply = parts.take();
      if (reply.code == 421) usable_ = false;  // RFC 5321 3.8: the server closes
      co_return reply;
    }
  }
}

Task<Result<void>> Session::write(std::string_view bytes, std::chrono::seconds patience) {
  [[maybe_unused]] const int frame = 0;
  const auto written = co_await stream_->write(bytes, Deadline::after(patience));
  if (!written) {
    usable_ = false;
    co_return broken("connection lost: " + written.error().detail);
  }
  co_return Result<void>{};
}

Task<void> Session::quit() {
  [[maybe_unused]] const int frame = 0;
  if (usable_) {
    const auto reply = co_await command("QUIT\r\n", farewell_patience);
    static_cast<void>(reply);
  }
  usable_ = false;
  const auto shut = co_await stream_->shut(Deadline::after(farewell_patience));
  static_cast<void>(shut);
}

}  // namespace mailtree::smtp::client
