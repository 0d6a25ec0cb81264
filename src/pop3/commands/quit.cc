// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 6: all marked messages are removed in one step; "+OK" only when that would survive a power cut.
#include "log/log.h"
#include "pop3/command_table.h"

namespace mailtree::pop3 {

Task<Result<Reply>> quit(Session& session, const Arguments&) {
  const std::size_t marked = session.maildrop().marked();
  session.close();
  if (marked == 0) co_return Reply::ok("Bye");
  const auto removed = co_await session.mailbox().remove(session.maildrop().marked_uids());
  if (!removed) {
    log::event(log::Level::warning, "pop3.quit.failed", {{"marked", marked}, {"error", removed.error().detail}},
               session.id());
    co_return Reply::error("[SYS/TEMP] some deleted messages not removed");
  }
  co_return Reply::ok("Bye, " + std::to_string(marked) + " messages deleted");
}

}  // namespace mailtree::pop3
