// SPDX-License-Identifier: Apache-2.0
#include "front/imap/command_table.h"

#include <array>

namespace mailtree::front::imap {

constexpr std::array commands = {
    Command{"CAPABILITY", capability},
    Command{"NOOP", noop},
    Command{"LOGOUT", logout},
    Command{"ID", id},
    Command{"STARTTLS", starttls},
    Command{"LOGIN", login},
    Command{"AUTHENTICATE", authenticate},
};

const Command* find_command(std::string_view verb) {
  for (const Command& command : commands)
    if (command.verb == verb) return &command;
  return nullptr;
}

}  // namespace mailtree::front::imap
