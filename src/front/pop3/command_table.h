// SPDX-License-Identifier: Apache-2.0
// The commands POP3 knows before sign-in, one file each in commands/.
#pragma once

#include <string_view>

#include "front/pop3/session.h"

namespace mailtree::front::pop3 {

// `argument` is what follows the verb and one space, unchanged; it lives until the handler has ended.
using Handler = Task<void> (*)(Session& session, std::string_view argument);

struct Command {
  std::string_view verb;
  Handler handler;
};

const Command* find_command(std::string_view verb);  // any case; null: unknown here

Task<void> capa(Session& session, std::string_view argument);
Task<void> stls(Session& session, std::string_view argument);
Task<void> user(Session& session, std::string_view argument);
Task<void> pass(Session& session, std::string_view argument);
Task<void> auth(Session& session, std::string_view argument);
Task<void> noop(Session& session, std::string_view argument);
Task<void> quit(Session& session, std::string_view argument);

}  // namespace mailtree::front::pop3
