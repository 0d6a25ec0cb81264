// SPDX-License-Identifier: Apache-2.0
// STARTTLS (RFC 3207).
#include "log/log.h"
#include "smtp/server/commands/commands.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {

Task<Reply> starttls(Session& session, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (session.peer().tls) co_return replies::bad_sequence("TLS is active already");
  if (!session.can_start_tls()) co_return Reply{502, "5.5.1", "TLS is not available"};
  if (!argument.empty()) co_return replies::syntax("STARTTLS takes no argument");
  if (session.has_unread()) {  // said in clear, would be believed as said inside (CVE-2011-0411)
    session.close();
    co_return Reply{501, "5.5.1", "Commands behind STARTTLS are not allowed"};
  }
  session.queue({220, "2.0.0", "Go ahead"});
  const auto sent = co_await session.flush();
  if (!sent) co_return replies::nothing();
  const std::string client = session.peer().host;
  const auto started = co_await session.start_tls();
  if (!started) {
    log::event(log::Level::info, "smtp.tls.failed",
               {{"session", session.id()}, {"client", client}, {"error", started.error().detail}});
    session.close();
  }
  co_return replies::nothing();
}

}  // namespace mailtree::smtp::commands
