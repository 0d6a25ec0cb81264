// SPDX-License-Identifier: Apache-2.0
// RFC 3501 6.2.1. Octets behind the command in the same packet would count as sent inside TLS: refused (T01).
#include "front/imap/command_table.h"

namespace mailtree::front::imap {

Task<Answer> starttls(Session& session, Decoder& arguments) {
  Connection& connection = session.connection();
  if (!arguments.end()) co_return Answer("BAD STARTTLS takes no arguments");
  if (connection.stream().facts().tls) co_return Answer("BAD TLS is active already");
  if (!connection.may_start_tls()) co_return Answer("NO [CANNOT] TLS is not available");
  if (!connection.stream().input().empty()) {
    session.close_after_answer();
    co_return Answer("BAD Nothing may follow STARTTLS before the handshake");
  }
  session.say(std::string(session.tag()) + " OK Begin TLS negotiation now\r\n");
  const auto told = co_await session.flush();
  if (!told) {
    session.finish();
    co_return Answer("");
  }
  const auto started = co_await connection.start_tls(true);
  if (!started) session.finish();  // the stream has gone
  session.set_client_id({});       // nothing said in clear counts (T02)
  co_return Answer("");
}

}  // namespace mailtree::front::imap
