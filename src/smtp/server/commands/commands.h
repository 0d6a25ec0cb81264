// SPDX-License-Identifier: Apache-2.0
// The handlers of command_table.cc, one file each (short ones share vrfy.cc and rset.cc). A handler returns the reply
// to its command; replies::nothing() if it has sent it already. It never fails: a dead connection shows at the next
// read.
#pragma once

#include <string>

#include "loop/task.h"
#include "smtp/reply.h"

namespace mailtree::smtp {

class Session;

namespace commands {

using loop::Task;

Task<Reply> auth(Session& session, std::string argument);
Task<Reply> bdat(Session& session, std::string argument);
Task<Reply> data(Session& session, std::string argument);
Task<Reply> ehlo(Session& session, std::string argument);
Task<Reply> expn(Session& session, std::string argument);
Task<Reply> helo(Session& session, std::string argument);
Task<Reply> help(Session& session, std::string argument);
Task<Reply> mail(Session& session, std::string argument);
Task<Reply> noop(Session& session, std::string argument);
Task<Reply> quit(Session& session, std::string argument);
Task<Reply> rcpt(Session& session, std::string argument);
Task<Reply> rset(Session& session, std::string argument);
Task<Reply> starttls(Session& session, std::string argument);
Task<Reply> vrfy(Session& session, std::string argument);

}  // namespace commands
}  // namespace mailtree::smtp
