// SPDX-License-Identifier: Apache-2.0
// SUBSCRIBE and UNSUBSCRIBE (RFC 3501 sections 6.3.6 and 6.3.7). The name need not exist.
#include "imap/commands/commands.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap::commands {
namespace {

Ending run_subscribe(Session& session, Decoder& in, bool on) {
  store::Subscribe request;
  if (!in.space() || !read_mailbox(in, request.name) || !in.end()) co_return in.error();
  if (request.name.size() > 1 && request.name.back() == hierarchy_separator) request.name.pop_back();
  request.account = session.account().name();
  request.on = on;
  const auto answer = co_await session.account().call(request);
  if (!answer) co_return answer.error();
  co_return Completion::ok(on ? "SUBSCRIBE completed" : "UNSUBSCRIBE completed");
}

}  // namespace

Ending subscribe(Session& session, Decoder& arguments) { return run_subscribe(session, arguments, true); }
Ending unsubscribe(Session& session, Decoder& arguments) { return run_subscribe(session, arguments, false); }

}  // namespace mailtree::imap::commands
