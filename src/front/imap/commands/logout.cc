// SPDX-License-Identifier: Apache-2.0
// RFC 3501 6.1.3.
#include "front/imap/command_table.h"

namespace mailtree::front::imap {

Task<Answer> logout(Session& session, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return Answer("BAD LOGOUT takes no arguments");
  session.say("* BYE Logging out\r\n");
  session.close_after_answer();
  co_return Answer("OK LOGOUT completed");
}

}  // namespace mailtree::front::imap
