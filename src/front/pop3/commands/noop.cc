// SPDX-License-Identifier: Apache-2.0
// Not of this state by RFC 1939, but harmless, and some clients keep connections warm with it.
#include "front/pop3/command_table.h"

namespace mailtree::front::pop3 {

Task<void> noop(Session& session, std::string_view) {
  [[maybe_unused]] const int frame = 0;
  session.say("+OK\r\n");
  co_return;
}

}  // namespace mailtree::front::pop3
