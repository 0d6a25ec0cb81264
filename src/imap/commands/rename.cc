// SPDX-License-Identifier: Apache-2.0
// RENAME (RFC 3501 section 6.3.5). Of INBOX: its messages move, INBOX stays.
#include "imap/commands/commands.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap::commands {

Ending rename(Session& session, Decoder& in) {
  std::string from;
  std::string to;
  if (!in.space() || !read_mailbox(in, from) || !in.space() || !read_mailbox(in, to) || !in.end()) {
    co_return in.error();
  }
  if (!to.empty() && to.back() == hierarchy_separator) to.pop_back();
  if (to == "INBOX") co_return Error::permanent(Condition::exists, "INBOX exists");
  const auto folder = session.find_folder(from);
  if (!folder) co_return folder.error();
  store::RenameFolder request;
  request.account = session.account().name();
  request.folder = folder->id;
  request.name = std::move(to);
  const auto answer = co_await session.account().call(request);
  if (!answer) co_return answer.error();
  co_return Completion::ok("RENAME completed");
}

}  // namespace mailtree::imap::commands
