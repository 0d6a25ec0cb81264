// SPDX-License-Identifier: Apache-2.0
// RFC 3501 6.1.1.
#include "front/imap/command_table.h"

namespace mailtree::front::imap {

Task<Answer> capability(Session& session, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return Answer("BAD CAPABILITY takes no arguments");
  const std::string list = co_await session.capabilities();
  session.say("* CAPABILITY " + list + "\r\n");
  co_return Answer("OK CAPABILITY completed");
}

}  // namespace mailtree::front::imap
