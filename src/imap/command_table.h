// SPDX-License-Identifier: Apache-2.0
// Every command after login: its name, what runs it, when it is allowed. The only list of them.
#pragma once

#include <span>
#include <string_view>

#include "imap/completion.h"
#include "imap/grammar/decoder.h"
#include "imap/mailbox_view.h"
#include "loop/task.h"

namespace mailtree::imap {

class Session;

// `arguments` stands behind the verb and lives as long as the command runs.
using Handler = loop::Task<Result<Completion>> (*)(Session& session, Decoder& arguments);

struct Command {
  std::string_view verb;  // upper case
  Handler handler;
  bool needs_selected = false;
  Tell tell = Tell::everything;  // before its completion (RFC 3501 section 7.4.1)
  bool try_create = false;       // a missing mailbox is [TRYCREATE]
  bool by_uid = false;           // FETCH responses that tell changes carry the UID
};

const Command* find_command(std::string_view verb);
std::span<const Command> all_commands();
// Commands of RFC 3501 that are over when the user has logged in: they get a better answer than "unknown".
bool is_login_command(std::string_view verb);

}  // namespace mailtree::imap
