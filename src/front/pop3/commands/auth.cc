// SPDX-License-Identifier: Apache-2.0
// RFC 5034. Without a mechanism (also "AUTH " with a blank, as Outlook sends it) the mechanisms are listed.
#include "base/ascii.h"
#include "base/encoding.h"
#include "front/pop3/command_table.h"
#include "front/sasl_dialogue.h"

namespace mailtree::front::pop3 {
namespace {

Task<void> list_mechanisms(Session& session) {
  std::string reply = "+OK\r\n";
  const auto mechanisms = co_await session.connection().mechanisms();
  for (const std::string& mechanism : mechanisms) reply += mechanism + "\r\n";
  session.say(reply + ".\r\n");
}

}  // namespace

Task<void> auth(Session& session, std::string_view argument) {
  const std::size_t space = argument.find(' ');
  std::string mechanism = ascii::to_upper(ascii::trim(argument.substr(0, space)));
  if (mechanism.empty()) {
    co_await list_mechanisms(session);
    co_return;
  }
  if (!session.connection().may_login()) {
    session.fail("-ERR [SYS/PERM] Use TLS before signing in\r\n");
    co_return;
  }
  std::optional<std::string> initial;
  const bool has_initial = space != std::string_view::npos;
  if (has_initial) {
    const std::string_view text = argument.substr(space + 1);
    initial = text == "=" ? std::string() : base64_decode(text);
    if (!initial) {
      session.fail("-ERR Initial response is not base64\r\n");
      co_return;
    }
  }
  Connection& connection = session.connection();
  ldapauth::SaslReply reply = co_await connection.sasl_start(std::move(mechanism), has_initial, initial.value_or(""));
  auto decided = co_await converse(connection, std::move(reply));
  if (!decided) {
    session.fail("-ERR Authentication cancelled\r\n");
    co_return;
  }
  co_await session.signed_in(std::move(*decided));
}

}  // namespace mailtree::front::pop3
