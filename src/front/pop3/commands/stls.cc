// SPDX-License-Identifier: Apache-2.0
// RFC 2595 section 4. Octets behind the command would count as sent inside TLS: refused (T01).
#include "front/pop3/command_table.h"

namespace mailtree::front::pop3 {

Task<void> stls(Session& session, std::string_view) {
  Connection& connection = session.connection();
  if (!connection.may_start_tls()) {
    session.fail("-ERR TLS is active already or not available\r\n");
    co_return;
  }
  if (!connection.stream().input().empty()) {
    session.close_after_reply();
    session.fail("-ERR Nothing may follow STLS before the handshake\r\n");
    co_return;
  }
  session.say("+OK Begin TLS negotiation now\r\n");
  const auto told = co_await session.flush();
  if (!told) {
    session.finish();
    co_return;
  }
  const auto started = co_await connection.start_tls(true);
  if (!started) session.finish();
  session.user.clear();  // nothing said in clear counts (T02)
}

}  // namespace mailtree::front::pop3
