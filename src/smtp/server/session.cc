// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/session.h"

#include <chrono>
#include <utility>

#include "base/encoding.h"
#include "config/settings.h"
#include "log/log.h"
#include "loop/task_group.h"
#include "net/digest.h"
#include "net/tls_context.h"
#include "smtp/limits.h"
#include "smtp/server/command_table.h"
#include "smtp/server/replies.h"

namespace mailtree::smtp {
namespace {

constexpr std::chrono::seconds write_patience{300};  // RFC 5321 4.5.3.2
constexpr std::chrono::seconds handshake_patience{10};
constexpr std::chrono::seconds farewell_patience{5};
constexpr std::chrono::seconds slow_start{60};      // the least speed counts only after this
constexpr std::size_t output_octets = 16UL * 1024;  // replies held back while commands are pipelined
constexpr std::size_t session_id_octets = 6;

std::chrono::seconds seconds(std::uint64_t count) {
  return std::chrono::seconds(count);
}

}  // namespace

Session::Session(const Services& services, Role role, std::unique_ptr<net::Stream> stream)
    : services_(services),
      role_(role),
      stream_(std::move(stream)),
      reader_(*stream_),
      id_(hex_encode(net::random_octets(session_id_octets))),
      idle_timer_(*this),
      farewell_done_(services.loop) {}

Session::~Session() = default;

void Session::IdleTimer::expired() {
  session_.leave({421, "4.4.2", "Timeout, closing connection"});
}

Task<void> Session::run() {
  [[maybe_unused]] const int frame = 0;
  const bool greeted = co_await greet();
  if (greeted) co_await serve();
  services_.loop.schedule(idle_timer_, Deadline::never());
  if (saying_farewell_) {
    const auto said = co_await farewell_done_.wait(Deadline::after(farewell_patience * 2));
    static_cast<void>(said);
  }
  reset();
  if (stream_ == nullptr) co_return;  // a handshake failed
  const auto shut = co_await stream_->shut(Deadline::after(farewell_patience));
  static_cast<void>(shut);
}

// RFC 5321 3.1. Who speaks before the greeting does not speak SMTP, or attacks somebody through a third party.
Task<bool> Session::greet() {
  [[maybe_unused]] const int frame = 0;
  if (!peer().tls) co_await loop::yield(services_.loop);
  if (!stream_->input().empty() && !peer().tls) {
    log::event(log::Level::info, "smtp.session.refused",
               {{"session", id_}, {"client", peer().host}, {"error", "early talker"}});
    queue({554, "5.5.0", "You spoke before the greeting"});
    const auto sent = co_await flush();
    static_cast<void>(sent);
    co_return false;
  }
  queue({220, "", services_.host_name + (role_ == Role::lmtp ? " LMTP" : " ESMTP")});
  const auto sent = co_await flush();
  co_return sent.has_value();
}

Task<void> Session::serve() {
  [[maybe_unused]] const int frame = 0;
  while (!closing_) {
    Result<std::string> line = co_await next_command();
    if (saying_farewell_) co_return;
    Reply reply;
    if (line) {
      reply = co_await execute(std::move(*line));
    } else if (line.error().kind == Kind::protocol) {
      reply = Reply{500, "5.5.2", line.error().reply};
    } else {
      co_return;  // the client has gone, often right after QUIT: nothing to report
    }
    if (reply.code != 0) queue(reply);
    if (is_error(reply) && ++errors_ >= services_.settings.smtp.max_errors && !closing_) {
      queue({421, "4.7.0", "Too many errors, closing connection"});
      closing_ = true;
    }
    if (farewell_ && !closing_) {
      queue(*farewell_);
      closing_ = true;
    }
  }
  const auto flushed = co_await flush();
  static_cast<void>(flushed);
}

// Replies wait for the end of a pipelined group (RFC 2920 3.2), unless they grow.
Task<Result<std::string>> Session::next_command() {
  const config::Smtp& settings = services_.settings.smtp;
  if (!reader_.has_line() || output_.size() >= output_octets) {
    const auto flushed = co_await flush();
    if (!flushed) co_return flushed.error();
  }
  const auto patience = seconds(commands_ == 0 ? settings.greeting_timeout_seconds : settings.command_timeout_seconds);
  const bool buffered = reader_.has_line();
  if (!buffered) {
    reader_.release_memory();
    idle_ = true;
    services_.loop.schedule(idle_timer_, Deadline::after(patience));
  }
  // The timer says 421 and ends the wait; the stream's own deadline is only its second line.
  const auto deadline = Deadline::after(patience + write_patience);
  Result<net::LineReader::Line> line = co_await reader_.line(limits::authentication_line, deadline);
  idle_ = false;
  if (!buffered) services_.loop.schedule(idle_timer_, Deadline::never());
  if (!line) co_return line.error();
  ++commands_;
  if (line->bare_line_feed) co_return Error::protocol("Lines must end with CRLF");
  co_return std::move(line->text);
}

Task<Reply> Session::execute(std::string line) {
  const Parsed<CommandLine> parsed = parse_command_line(line);
  if (const Reply* refusal = std::get_if<Reply>(&parsed)) co_return *refusal;
  const CommandLine& command = std::get<CommandLine>(parsed);
  if (command.verb != Verb::auth && line.size() > limits::command_line) co_return Reply{500, "5.5.2", "Line too long"};
  if (command.verb == Verb::foreign) {
    log::event(log::Level::info, "smtp.session.refused",
               {{"session", id_}, {"client", peer().host}, {"error", "another protocol"}});
    close();
    co_return Reply{521, "5.5.1", "This is not what you think"};
  }
  const Command* const known = find_command(command.verb, role_);
  if (known == nullptr) co_return replies::unknown_command();
  if (known->needs_hello && hello.empty()) co_return replies::bad_sequence("Say hello first");
  std::string argument(command.argument);
  Reply reply = co_await known->handle(*this, std::move(argument));
  co_return reply;
}

// Refused recipients are no errors of the client's program; guessing addresses is bounded in commands/rcpt.cc.
bool Session::is_error(const Reply& reply) const {
  return reply.code == 500 || reply.code == 501 || reply.code == 502 || reply.code == 503 || reply.code == 504 ||
         reply.code == 535 || reply.code == 555;
}

Task<Result<void>> Session::flush() {
  [[maybe_unused]] const int frame = 0;
  if (output_.empty()) co_return Result<void>();
  const std::string bytes = std::exchange(output_, {});
  const auto written = co_await stream_->write(bytes, Deadline::after(write_patience));
  co_return written;
}

Task<Result<std::string>> Session::line(std::size_t max) {
  const auto deadline = Deadline::after(seconds(services_.settings.smtp.command_timeout_seconds));
  Result<net::LineReader::Line> line = co_await reader_.line(max, deadline);
  if (!line) co_return line.error();
  if (line->bare_line_feed) co_return Error::protocol("Lines must end with CRLF");
  co_return std::move(line->text);
}

void Session::start_data_phase() {
  data_started_ = std::chrono::steady_clock::now();
  data_octets_ = 0;
}

Task<Result<std::string_view>> Session::octets(std::size_t max) {
  const config::Smtp& settings = services_.settings.smtp;
  const auto owed = data_octets_ / std::max<std::uint64_t>(settings.min_data_bytes_per_second, 1);
  const auto slowest = Deadline::at(data_started_ + slow_start + seconds(owed));
  const auto deadline = Deadline::after(seconds(settings.command_timeout_seconds)).earlier(slowest);
  const Result<std::string_view> some = co_await reader_.some(max, deadline);
  if (some) data_octets_ += some->size();
  co_return some;
}

Task<Result<void>> Session::start_tls() {
  std::shared_ptr<net::TlsContext> context = services_.tls->current();
  std::unique_ptr<net::Stream> plain = std::move(stream_);
  auto encrypted =
      co_await net::accept_tls(std::move(plain), std::move(context), true, Deadline::after(handshake_patience));
  if (!encrypted) co_return encrypted.error();
  stream_ = std::move(*encrypted);
  reader_ = net::LineReader(*stream_);
  hello.clear();
  extended = false;
  user.reset();
  reset();
  co_return Result<void>();
}

void Session::leave(const Reply& reply) {
  if (saying_farewell_ || farewell_) return;
  if (!idle_ || stream_ == nullptr) {
    farewell_ = reply;
    return;
  }
  saying_farewell_ = true;
  services_.tasks.spawn(say_farewell(reply.wire()));
}

Task<void> Session::say_farewell(std::string words) {
  const Error left = Error::cancelled(Condition::stopping, "session left");
  const auto written = co_await stream_->write(words, Deadline::after(farewell_patience));
  static_cast<void>(written);
  farewell_done_.set();
  stream_->cancel(left);
}

void Session::cancel(const Error& error) {
  if (stream_ != nullptr) stream_->cancel(error);
}

bool Session::may_send_password() const {
  return peer().tls || config::any_contains(services_.settings.plaintext_login_networks, peer().host);
}

bool Session::can_start_tls() const {
  return !peer().tls && services_.tls != nullptr && services_.tls->current() != nullptr;
}

net::ChannelBinding Session::channel_binding() const { return net::channel_binding(*stream_); }

Offered Session::offered() const {
  Offered offered;
  offered.auth = is_submission(role_) && user.has_value();
  return offered;
}

}  // namespace mailtree::smtp
