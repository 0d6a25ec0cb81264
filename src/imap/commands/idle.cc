// SPDX-License-Identifier: Apache-2.0
// IDLE (RFC 2177). Between "+" and DONE the session tells changes by itself.
#include "base/ascii.h"
#include "imap/commands/commands.h"

namespace mailtree::imap::commands {

Ending idle(Session& session, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return arguments.error();
  const auto begun = co_await session.begin_idle();
  if (!begun) co_return begun.error();
  const auto line = co_await session.read_line();
  co_await session.end_idle();
  if (!line) co_return line.error();
  if (!ascii::equal(*line, "DONE")) co_return Error::protocol("Expected DONE");
  co_return Completion::ok("IDLE completed");
}

}  // namespace mailtree::imap::commands
