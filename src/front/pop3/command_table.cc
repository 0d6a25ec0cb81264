// SPDX-License-Identifier: Apache-2.0
#include "front/pop3/command_table.h"

#include <array>

#include "base/ascii.h"

namespace mailtree::front::pop3 {

constexpr std::array commands = {
    Command{"CAPA", capa}, Command{"STLS", stls}, Command{"USER", user}, Command{"PASS", pass},
    Command{"AUTH", auth}, Command{"NOOP", noop}, Command{"QUIT", quit},
};

const Command* find_command(std::string_view verb) {
  for (const Command& command : commands)
    if (ascii::equal(command.verb, verb)) return &command;
  return nullptr;
}

}  // namespace mailtree::front::pop3
