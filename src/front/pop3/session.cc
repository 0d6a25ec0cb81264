// SPDX-License-Identifier: Apache-2.0
#include "front/pop3/session.h"

#include "front/pop3/command_table.h"
#include "log/log.h"

namespace mailtree::front::pop3 {
namespace {

constexpr std::size_t max_line_bytes = 1024;  // RFC 2449 section 4: 255; passwords may be longer in practice

}  // namespace

void Session::fail(std::string_view reply) {
  ++errors_;
  say(reply);
}

Task<Result<void>> Session::flush() {
  std::string output;
  output.swap(output_);
  auto written = co_await connection_.write(output);
  co_return written;
}

Task<void> Session::run() {
  const std::size_t max_errors = connection_.services().options.max_errors;
  say("+OK " + connection_.services().options.host_name + " ready\r\n");
  while (!finished_) {
    const auto flushed = co_await flush();
    if (!flushed) co_return;
    auto line = co_await connection_.read_line(max_line_bytes);
    if (!line && line.error().condition == Condition::too_long) {
      fail("-ERR Line too long\r\n");
    } else if (!line) {
      // RFC 1939 section 3: an idle client is simply closed.
      if (line.error().condition == Condition::stopping) say("-ERR [SYS/TEMP] Server is going down\r\n");
      break;
    } else {
      co_await handle(std::move(line->text));
    }
    if (finished_) co_return;
    if (closing_) break;
    if (errors_ >= max_errors) {
      say("-ERR Too many errors\r\n");
      break;
    }
  }
  const auto said = co_await flush();
  if (!said) co_return;
  const auto shut = co_await connection_.stream().shut(Deadline::after(std::chrono::seconds(2)));
  static_cast<void>(shut);
}

Task<void> Session::handle(std::string line) {
  const std::string text = std::move(line);
  const std::size_t space = text.find(' ');
  const Command* command = find_command(std::string_view(text).substr(0, space));
  if (command == nullptr) {
    fail("-ERR Unknown command, or not allowed before sign-in\r\n");
    co_return;
  }
  std::string_view argument;
  if (space != std::string::npos) argument = std::string_view(text).substr(space + 1);
  co_await command->handler(*this, argument);
}

Task<void> Session::signed_in(ldapauth::SaslReply reply) {
  using ldapauth::SaslState;
  const SaslState state = reply.state;
  if (state == SaslState::ok) {
    const auto flushed = co_await flush();
    if (!flushed) {
      finish();
      co_return;
    }
    std::string no_tag, no_client;
    const auto handed =
        co_await connection_.hand_over(std::move(reply.account), std::move(no_tag), std::move(no_client));
    if (handed) {
      finish();
      co_return;
    }
    log::event(log::Level::warning, "front.session.lost", {{"error", handed.error().detail}}, connection_.id());
    say("-ERR [SYS/TEMP] Mailboxes are not reachable now, try again later\r\n");
    co_return;
  }
  log::event(log::Level::info, "front.login.failed",
             {{"peer", connection_.stream().facts().host}, {"reason", reply.detail}}, connection_.id());
  if (state == SaslState::unavailable) {
    say("-ERR [SYS/TEMP] Sign-in is not possible now, try again later\r\n");  // RFC 3206
  } else if (state == SaslState::refused) {
    fail("-ERR [SYS/PERM] This account may not sign in here\r\n");
  } else if (state == SaslState::unknown_mechanism) {
    fail("-ERR Mechanism not offered\r\n");
  } else {
    fail("-ERR [AUTH] Wrong user name or password\r\n");
  }
}

}  // namespace mailtree::front::pop3
