// SPDX-License-Identifier: Apache-2.0
// The commands of the TRANSACTION state, one file each in commands/.
#pragma once

#include <string_view>
#include <vector>

#include "pop3/session.h"

namespace mailtree::pop3 {

using Arguments = std::vector<std::string_view>;  // of the line, which lives until the handler has ended
// An Error of kind cancelled ends the session; any other is told to the client.
using Handler = Task<Result<Reply>> (*)(Session& session, const Arguments& arguments);

struct Command {
  std::string_view verb;
  std::size_t least_arguments;
  std::size_t most_arguments;
  Handler handler;
};

const Command* find_command(std::string_view verb);  // any case; null: unknown

Task<Result<Reply>> capa(Session& session, const Arguments& arguments);
Task<Result<Reply>> dele(Session& session, const Arguments& arguments);
Task<Result<Reply>> list(Session& session, const Arguments& arguments);
Task<Result<Reply>> noop(Session& session, const Arguments& arguments);
Task<Result<Reply>> quit(Session& session, const Arguments& arguments);
Task<Result<Reply>> retr(Session& session, const Arguments& arguments);
Task<Result<Reply>> rset(Session& session, const Arguments& arguments);
Task<Result<Reply>> stat(Session& session, const Arguments& arguments);
Task<Result<Reply>> top(Session& session, const Arguments& arguments);
Task<Result<Reply>> uidl(Session& session, const Arguments& arguments);

}  // namespace mailtree::pop3
