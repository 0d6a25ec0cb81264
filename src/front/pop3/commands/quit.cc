// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 5 (AUTHORIZATION state).
#include "front/pop3/command_table.h"

namespace mailtree::front::pop3 {

Task<void> quit(Session& session, std::string_view) {
  [[maybe_unused]] const int frame = 0;
  session.say("+OK Bye\r\n");
  session.close_after_reply();
  co_return;
}

}  // namespace mailtree::front::pop3
