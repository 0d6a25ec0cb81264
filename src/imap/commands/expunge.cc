// SPDX-License-Identifier: Apache-2.0
// EXPUNGE (RFC 3501 section 6.4.3) and UID EXPUNGE (RFC 4315). The session tells the EXPUNGE responses.
#include "imap/commands/commands.h"

namespace mailtree::imap::commands {
namespace {

Ending run_expunge(Session& session, store::ExpungeMode mode, store::UidSet uids) {
  store::Expunge request;
  if (session.view()->read_only()) co_return Error::permanent(Condition::denied, "Mailbox is read-only");
  request.account = session.account().name();
  request.folder = session.view()->folder();
  request.mode = static_cast<std::uint8_t>(mode);
  request.uids = std::move(uids);
  const auto answer = co_await session.account().call(request);
  if (!answer) co_return answer.error();
  co_return Completion::ok("EXPUNGE completed");
}

}  // namespace

Ending expunge(Session& session, Decoder& arguments) {
  store::UidSet all;
  if (!arguments.end()) co_return arguments.error();
  auto ending = co_await run_expunge(session, store::ExpungeMode::deleted_all, std::move(all));
  co_return std::move(ending);
}

Ending uid_expunge(Session& session, Decoder& arguments) {
  SequenceSet set;
  if (!arguments.space() || !read_sequence_set(arguments, set) || !arguments.end()) co_return arguments.error();
  const auto runs = session.view()->find(set, true);
  if (!runs) co_return runs.error();
  if (runs->empty()) co_return Completion::ok("No matching messages");
  auto ending = co_await run_expunge(session, store::ExpungeMode::deleted_in, session.view()->uids_of(*runs));
  co_return std::move(ending);
}

}  // namespace mailtree::imap::commands
