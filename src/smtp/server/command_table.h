// SPDX-License-Identifier: Apache-2.0
// All commands of the server on one page: verb, handler, where it exists, whether the client must have said hello.
#pragma once

#include <string>

#include "loop/task.h"
#include "smtp/command.h"
#include "smtp/server/role.h"

namespace mailtree::smtp {

class Session;

struct Command {
  using Handler = loop::Task<Reply> (*)(Session& session, std::string argument);
  Verb verb;
  Handler handle;
  bool smtp;  // on the ports of SMTP and submission
  bool lmtp;
  bool needs_hello;
};

// Null: unknown here.
const Command* find_command(Verb verb, Role role);

}  // namespace mailtree::smtp
