// SPDX-License-Identifier: Apache-2.0
// RSET, NOOP and QUIT (RFC 5321 4.1.1.5, 4.1.1.9, 4.1.1.10).
#include "smtp/server/commands/commands.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {

Task<Reply> rset(Session& session, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (!argument.empty()) co_return replies::syntax("RSET takes no argument");
  session.reset();
  co_return replies::ok();
}

Task<Reply> noop(Session&, std::string) {
  [[maybe_unused]] const int frame = 0;
  co_return replies::ok();
}

Task<Reply> quit(Session& session, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (!argument.empty()) co_return replies::syntax("QUIT takes no argument");
  session.reset();
  session.close();
  co_return Reply{221, "2.0.0", "Bye"};
}

}  // namespace mailtree::smtp::commands
