// SPDX-License-Identifier: Apache-2.0
// DELETE (RFC 3501 section 6.3.4). Folders below stay; the name is then listed as \Noselect.
#include "imap/commands/commands.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap::commands {

Ending remove(Session& session, Decoder& in) {
  std::string mailbox;
  if (!in.space() || !read_mailbox(in, mailbox) || !in.end()) co_return in.error();
  if (mailbox == "INBOX") co_return Error::permanent(Condition::cannot, "INBOX cannot be deleted");
  const auto folder = session.find_folder(mailbox);
  if (!folder) co_return folder.error();
  store::DeleteFolder request;
  request.account = session.account().name();
  request.folder = folder->id;
  const auto answer = co_await session.account().call(request);
  if (!answer) co_return answer.error();
  if (session.view() != nullptr && session.view()->folder() == folder->id) session.select(nullptr);
  co_return Completion::ok("DELETE completed");
}

}  // namespace mailtree::imap::commands
