// SPDX-License-Identifier: Apache-2.0
// VRFY, EXPN and HELP (RFC 5321 4.1.1.6-8, 7.3): the same answer whether the user exists or not.
#include "smtp/server/commands/commands.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {

Task<Reply> vrfy(Session&, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (argument.empty()) co_return replies::syntax("Syntax: VRFY address");
  co_return Reply{252, "2.1.5", "Cannot verify, but will take mail and try"};
}

Task<Reply> expn(Session&, std::string) {
  [[maybe_unused]] const int frame = 0;
  co_return Reply{502, "5.7.0", "EXPN is not available"};
}

Task<Reply> help(Session&, std::string) {
  [[maybe_unused]] const int frame = 0;
  co_return Reply{214, "2.0.0", "See RFC 5321"};
}

}  // namespace mailtree::smtp::commands
