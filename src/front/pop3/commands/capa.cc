// SPDX-License-Identifier: Apache-2.0
// RFC 2449 section 5. What pop3d offers after sign-in is the same list without STLS, USER and SASL.
#include "front/pop3/command_table.h"

namespace mailtree::front::pop3 {

Task<void> capa(Session& session, std::string_view) {
  Connection& connection = session.connection();
  std::string reply = "+OK Capabilities follow\r\n";
  if (connection.may_start_tls()) reply += "STLS\r\n";
  const auto mechanisms = co_await connection.mechanisms();
  bool takes_passwords = false;
  if (!mechanisms.empty()) {
    reply += "SASL";
    for (const std::string& mechanism : mechanisms) {
      reply += " " + mechanism;
      takes_passwords = takes_passwords || mechanism == "PLAIN" || mechanism == "LOGIN";
    }
    reply += "\r\n";
  }
  if (takes_passwords) reply += "USER\r\n";
  reply += "TOP\r\nUIDL\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\nIMPLEMENTATION mailtree\r\n.\r\n";
  session.say(reply);
}

}  // namespace mailtree::front::pop3
