// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/command_table.h"

#include <algorithm>
#include <array>

#include "smtp/server/commands/commands.h"

namespace mailtree::smtp {
namespace {

constexpr bool yes = true, no = false;

// ETRN is left out: 500 (RFC 1985 is not implemented).
// clang-format off
constexpr std::array table = {
    //      verb            handler              smtp lmtp hello
    Command{Verb::helo,     commands::helo,      yes, no,  no},
    Command{Verb::ehlo,     commands::ehlo,      yes, no,  no},
    Command{Verb::lhlo,     commands::ehlo,      no,  yes, no},   // RFC 2033 4.1: in place of HELO and EHLO
    Command{Verb::starttls, commands::starttls,  yes, yes, yes},
    Command{Verb::auth,     commands::auth,      yes, no,  yes},
    Command{Verb::mail,     commands::mail,      yes, yes, yes},
    Command{Verb::rcpt,     commands::rcpt,      yes, yes, yes},
    Command{Verb::data,     commands::data,      yes, yes, yes},
    Command{Verb::bdat,     commands::bdat,      yes, yes, no},   // its octets have to be read in any case
    Command{Verb::rset,     commands::rset,      yes, yes, no},
    Command{Verb::noop,     commands::noop,      yes, yes, no},
    Command{Verb::vrfy,     commands::vrfy,      yes, yes, no},
    Command{Verb::expn,     commands::expn,      yes, yes, no},
    Command{Verb::help,     commands::help,      yes, yes, no},
    Command{Verb::quit,     commands::quit,      yes, yes, no},
};
// clang-format on

}  // namespace

const Command* find_command(Verb verb, Role role) {
  const auto* found = std::find_if(table.begin(), table.end(), [verb, role](const Command& command) {
    return command.verb == verb && (role == Role::lmtp ? command.lmtp : command.smtp);
  });
  return found == table.end() ? nullptr : found;
}

}  // namespace mailtree::smtp
