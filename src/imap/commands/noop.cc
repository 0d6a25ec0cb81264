// SPDX-License-Identifier: Apache-2.0
// NOOP and CHECK (RFC 3501 sections 6.1.2 and 6.4.1): the session tells what has changed. There is nothing to check
// point: what was answered is durable.
#include "imap/commands/commands.h"

namespace mailtree::imap::commands {

Ending noop(Session&, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return arguments.error();
  co_return Completion::ok("NOOP completed");
}

Ending check(Session&, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return arguments.error();
  co_return Completion::ok("CHECK completed");
}

}  // namespace mailtree::imap::commands
