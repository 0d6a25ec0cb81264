// SPDX-License-Identifier: Apache-2.0
// Handlers of all commands, one file each beside this one. They parse their arguments, append untagged responses to
// Session::out(), and return how the command ended; never a tag, never the CRLF of the completion.
#pragma once

#include "base/result.h"
#include "imap/completion.h"
#include "imap/grammar/decoder.h"
#include "imap/session.h"
#include "loop/task.h"

namespace mailtree::imap::commands {

using Ending = loop::Task<Result<Completion>>;

Ending append(Session& session, Decoder& arguments);
Ending capability(Session& session, Decoder& arguments);
Ending check(Session& session, Decoder& arguments);
Ending close(Session& session, Decoder& arguments);
Ending copy(Session& session, Decoder& arguments);
Ending create(Session& session, Decoder& arguments);
Ending examine(Session& session, Decoder& arguments);
Ending expunge(Session& session, Decoder& arguments);
Ending fetch(Session& session, Decoder& arguments);
Ending id(Session& session, Decoder& arguments);
Ending idle(Session& session, Decoder& arguments);
Ending list(Session& session, Decoder& arguments);
Ending logout(Session& session, Decoder& arguments);
Ending lsub(Session& session, Decoder& arguments);
Ending move(Session& session, Decoder& arguments);
Ending namespaces(Session& session, Decoder& arguments);
Ending noop(Session& session, Decoder& arguments);
Ending remove(Session& session, Decoder& arguments);
Ending rename(Session& session, Decoder& arguments);
Ending search(Session& session, Decoder& arguments);
Ending select(Session& session, Decoder& arguments);
Ending status(Session& session, Decoder& arguments);
Ending store(Session& session, Decoder& arguments);
Ending subscribe(Session& session, Decoder& arguments);
Ending uid_copy(Session& session, Decoder& arguments);
Ending uid_expunge(Session& session, Decoder& arguments);
Ending uid_fetch(Session& session, Decoder& arguments);
Ending uid_move(Session& session, Decoder& arguments);
Ending uid_search(Session& session, Decoder& arguments);
Ending uid_store(Session& session, Decoder& arguments);
Ending unselect(Session& session, Decoder& arguments);
Ending unsubscribe(Session& session, Decoder& arguments);

}  // namespace mailtree::imap::commands
