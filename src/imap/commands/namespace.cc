// SPDX-License-Identifier: Apache-2.0
// NAMESPACE (RFC 2342): one personal namespace without a prefix; the others come with shared folders.
#include "imap/commands/commands.h"

namespace mailtree::imap::commands {

Ending namespaces(Session& session, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return arguments.error();
  session.out().append("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
  co_return Completion::ok("NAMESPACE completed");
}

}  // namespace mailtree::imap::commands
