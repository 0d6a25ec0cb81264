// SPDX-License-Identifier: Apache-2.0
#include "pop3/command_table.h"

#include <array>

#include "base/ascii.h"

namespace mailtree::pop3 {

constexpr std::array commands = {
    Command{"STAT", 0, 0, stat}, Command{"LIST", 0, 1, list}, Command{"RETR", 1, 1, retr}, Command{"DELE", 1, 1, dele},
    Command{"NOOP", 0, 0, noop}, Command{"RSET", 0, 0, rset}, Command{"QUIT", 0, 0, quit}, Command{"TOP", 2, 2, top},
    Command{"UIDL", 0, 1, uidl}, Command{"CAPA", 0, 0, capa},
};

const Command* find_command(std::string_view verb) {
  for (const Command& command : commands)
    if (ascii::equal(command.verb, verb)) return &command;
  return nullptr;
}

}  // namespace mailtree::pop3
