// SPDX-License-Identifier: Apache-2.0
// CLOSE (RFC 3501 section 6.4.2): expunges without telling; UNSELECT (RFC 3691): does not.
#include "imap/commands/commands.h"

namespace mailtree::imap::commands {

Ending close(Session& session, Decoder& arguments) {
  store::Expunge request;
  if (!arguments.end()) co_return arguments.error();
  if (!session.view()->read_only()) {
    request.account = session.account().name();
    request.folder = session.view()->folder();
    request.mode = static_cast<std::uint8_t>(store::ExpungeMode::deleted_all);
    const auto answer = co_await session.account().call(request);
    if (!answer) co_return answer.error();
  }
  co_await session.unselect();
  co_return Completion::ok("CLOSE completed");
}

Ending unselect(Session& session, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return arguments.error();
  co_await session.unselect();
  co_return Completion::ok("UNSELECT completed");
}

}  // namespace mailtree::imap::commands
