// SPDX-License-Identifier: Apache-2.0
// The commands IMAP knows before login, one file each in commands/.
#pragma once

#include <string_view>

#include "front/imap/session.h"
#include "imap/grammar/decoder.h"

namespace mailtree::front::imap {

using mailtree::imap::Decoder;
// The decoder stands behind the verb. It and the text below it live until the handler has ended.
using Handler = Task<Answer> (*)(Session& session, Decoder& arguments);

struct Command {
  std::string_view verb;
  Handler handler;
};

// null: no such command before login.
const Command* find_command(std::string_view verb);

Task<Answer> capability(Session& session, Decoder& arguments);
Task<Answer> noop(Session& session, Decoder& arguments);
Task<Answer> logout(Session& session, Decoder& arguments);
Task<Answer> id(Session& session, Decoder& arguments);
Task<Answer> starttls(Session& session, Decoder& arguments);
Task<Answer> login(Session& session, Decoder& arguments);
Task<Answer> authenticate(Session& session, Decoder& arguments);

}  // namespace mailtree::front::imap
