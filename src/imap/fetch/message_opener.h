// SPDX-License-Identifier: Apache-2.0
// Opens the file of a message for FETCH and SEARCH: by its name, else through the store, which knows where it went.
#pragma once

#include <memory>

#include "imap/fetch/message_file.h"
#include "imap/session.h"

namespace mailtree::imap {

// Condition::no_such_message if it has been expunged. The rows are of one moment.
Task<Result<std::unique_ptr<MessageFile>>> open_message(Session& session, const store::AccountRow& account,
                                                        const store::FolderRow& folder, const store::MessageRow& row);

}  // namespace mailtree::imap
