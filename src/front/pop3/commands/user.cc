// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 7. The same reply for every name: who exists is not told.
#include "front/pop3/command_table.h"

namespace mailtree::front::pop3 {

Task<void> user(Session& session, std::string_view argument) {
  [[maybe_unused]] const int frame = 0;
  if (!session.connection().may_login()) {
    session.fail("-ERR [SYS/PERM] Use TLS before signing in\r\n");  // T03
  } else if (argument.empty()) {
    session.fail("-ERR A user name is missing\r\n");
  } else {
    session.user = std::string(argument);
    session.say("+OK Send PASS\r\n");
  }
  co_return;
}

}  // namespace mailtree::front::pop3
