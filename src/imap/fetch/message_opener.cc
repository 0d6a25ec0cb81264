// SPDX-License-Identifier: Apache-2.0
#include "imap/fetch/message_opener.h"

namespace mailtree::imap {

Task<Result<std::unique_ptr<MessageFile>>> open_message(Session& session, const store::AccountRow& account,
                                                        const store::FolderRow& folder, const store::MessageRow& row) {
  store::OpenFile request;
  const auto files = session.account().files();
  if (!files) co_return files.error();
  auto file = (*files)->open_message(account, folder, row);
  if (file) co_return std::make_unique<MessageFile>(session.pool(), std::move(*file), row);
  // A foreign program has renamed it, or its flags were written into the name meanwhile.
  request.account = session.account().name();
  request.folder = folder.id;
  request.uid = row.uid;
  std::vector<UniqueFd> none;
  auto opened = co_await session.account().call_with(request, std::move(none));
  if (!opened) co_return opened.error();
  if (opened->descriptors.size() != 1) co_return Error::temporary(Condition::unavailable, "no descriptor came along");
  co_return std::make_unique<MessageFile>(session.pool(), std::move(opened->descriptors[0]), row);
}

}  // namespace mailtree::imap
