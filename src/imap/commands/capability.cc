// SPDX-License-Identifier: Apache-2.0
// CAPABILITY (RFC 3501 section 6.1.1).
#include "imap/capability.h"

#include "imap/commands/commands.h"

namespace mailtree::imap::commands {

Ending capability(Session& session, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return arguments.error();
  session.out().append("* CAPABILITY ").append(capabilities).append("\r\n");
  co_return Completion::ok("CAPABILITY completed");
}

}  // namespace mailtree::imap::commands
