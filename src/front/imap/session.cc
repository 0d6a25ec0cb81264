// SPDX-License-Identifier: Apache-2.0
#include "front/imap/session.h"

#include "base/ascii.h"
#include "front/imap/command_table.h"
#include "imap/grammar/command_head.h"
#include "log/log.h"

namespace mailtree::front::imap {
namespace {

using mailtree::imap::CommandBuffer;
using mailtree::imap::CommandHead;

std::string answer_to(const Error& error) {
  if (error.condition == Condition::limit || error.condition == Condition::too_big) return "NO [LIMIT] " + error.reply;
  return "BAD " + error.reply;
}

}  // namespace

Task<std::string> Session::capabilities() {
  std::string text = "IMAP4rev1 LITERAL+ SASL-IR ID";
  if (connection_.may_start_tls()) text += " STARTTLS";
  if (!connection_.may_login()) {
    text += " LOGINDISABLED";  // RFC 3501 6.2.3
    co_return text;
  }
  const auto mechanisms = co_await connection_.mechanisms();
  bool takes_passwords = false;
  for (const std::string& mechanism : mechanisms) {
    text += " AUTH=" + mechanism;
    takes_passwords = takes_passwords || mechanism == "PLAIN" || mechanism == "LOGIN";
  }
  if (!takes_passwords) text += " LOGINDISABLED";
  co_return text;
}

Task<Result<void>> Session::flush() {
  std::string output;
  output.swap(output_);
  auto written = co_await connection_.write(output);
  co_return written;
}

Task<void> Session::run() {
  const std::string capabilities_now = co_await capabilities();
  say("* OK [CAPABILITY " + capabilities_now + "] " + connection_.services().options.host_name + " ready\r\n");
  while (!finished_) {
    const auto flushed = co_await flush();
    if (!flushed) co_return;
    CommandBuffer buffer(mailtree::imap::limits_before_login);
    const auto read = co_await read_command(buffer);
    if (!read) {
      if (read.error().condition == Condition::timeout) say("* BYE Too long without login\r\n");
      if (read.error().condition == Condition::stopping) say("* BYE Server is going down\r\n");
      if (read.error().kind == Kind::protocol) say("* BYE " + read.error().reply + "\r\n");
      break;
    }
    co_await handle(buffer);
    if (finished_) co_return;
    if (closing_) break;
    if (errors_ >= connection_.services().options.max_errors) {
      say("* BYE Too many errors\r\n");
      break;
    }
  }
  const auto said = co_await flush();
  if (!said) co_return;
  const auto shut = co_await connection_.stream().shut(Deadline::after(std::chrono::seconds(2)));
  static_cast<void>(shut);
}

// Reads lines and literals until the command is whole or refused. Error{protocol}: the stream cannot be followed any
// further; Error{cancelled}: it has ended.
Task<Result<void>> Session::read_command(CommandBuffer& buffer) {
  net::LineReader reader(connection_.stream());
  for (;;) {
    const auto line = co_await connection_.read_line(mailtree::imap::max_before_login_bytes);
    CommandBuffer::Step step = CommandBuffer::Step::complete;
    if (!line) {
      if (line.error().condition != Condition::too_long) co_return line.error();
      co_return Error::protocol("Line too long");
    }
    step = buffer.add_line(line->text);
    if (step == CommandBuffer::Step::lost) co_return Error::protocol(buffer.error().reply);
    if (step == CommandBuffer::Step::complete || step == CommandBuffer::Step::refused ||
        step == CommandBuffer::Step::message)
      co_return Result<void>();
    if (buffer.waits() && step == CommandBuffer::Step::literal) {
      const auto asked = co_await connection_.write("+ Ready\r\n");
      if (!asked) co_return asked.error();
    }
    std::uint64_t left = buffer.octets();
    while (left > 0) {
      const auto some = co_await reader.some(static_cast<std::size_t>(left), connection_.deadline());
      if (!some) co_return some.error();
      if (step == CommandBuffer::Step::literal) buffer.add_literal(*some);
      left -= some->size();
      reader.take(some->size());
    }
  }
}

Task<void> Session::handle(CommandBuffer& buffer) {
  const std::string text(buffer.text());
  tag_ = buffer.tag().empty() ? "*" : std::string(buffer.tag());
  Decoder decoder(text);
  CommandHead head;
  if (!buffer.error().reply.empty()) {
    ++errors_;
    say(tag_ + " " + answer_to(buffer.error()) + "\r\n");
    co_return;
  }
  const Command* command = nullptr;
  if (mailtree::imap::read_command_head(decoder, head)) command = find_command(head.verb);
  if (command == nullptr) {
    ++errors_;
    if (ascii::equal(tag_, "GET") || ascii::equal(tag_, "POST") || ascii::equal(tag_, "CONNECT")) {  // S05
      say("* BYE This is IMAP\r\n");
      closing_ = true;
      co_return;
    }
    say(tag_ + " BAD Unknown command, or not allowed before login\r\n");
    co_return;
  }
  const Answer answer = co_await command->handler(*this, decoder);
  if (finished_) co_return;
  if (answer.line.starts_with("BAD")) ++errors_;
  if (!answer.line.empty()) say(tag_ + " " + answer.line + "\r\n");
}

Task<Answer> Session::signed_in(ldapauth::SaslReply reply) {
  using ldapauth::SaslState;
  const SaslState state = reply.state;
  if (state == SaslState::ok) {
    const auto flushed = co_await flush();
    if (!flushed) {
      finish();
      co_return Answer("");
    }
    const auto handed = co_await connection_.hand_over(std::move(reply.account), tag_, client_id_);
    if (handed) {
      finish();
      co_return Answer("");
    }
    reply.detail = handed.error().detail;
    log::event(log::Level::warning, "front.session.lost", {{"error", reply.detail}}, connection_.id());
    co_return Answer("NO [UNAVAILABLE] Mailboxes are not reachable now, try again later");
  }
  log::event(log::Level::info, "front.login.failed",
             {{"peer", connection_.stream().facts().host}, {"reason", reply.detail}}, connection_.id());
  if (state == SaslState::unavailable)
    co_return Answer("NO [UNAVAILABLE] Sign-in is not possible now, try again later");
  ++errors_;
  if (state == SaslState::refused) co_return Answer("NO [AUTHORIZATIONFAILED] This account may not sign in here");
  if (state == SaslState::unknown_mechanism) co_return Answer("NO [CANNOT] Mechanism not offered");
  co_return Answer("NO [AUTHENTICATIONFAILED] Wrong user name or password");
}

}  // namespace mailtree::front::imap
