// SPDX-License-Identifier: Apache-2.0
// LOGOUT (RFC 3501 section 6.1.3).
#include "imap/commands/commands.h"

namespace mailtree::imap::commands {

Ending logout(Session& session, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return arguments.error();
  session.out().append("* BYE Logging out\r\n");
  session.close();
  co_return Completion::ok("LOGOUT completed");
}

}  // namespace mailtree::imap::commands
