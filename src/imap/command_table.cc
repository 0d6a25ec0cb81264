// SPDX-License-Identifier: Apache-2.0
// To add a command: a file in commands/, a declaration in commands/commands.h, a line here, a dialogue test.
#include "imap/command_table.h"

#include <algorithm>
#include <array>

#include "imap/commands/commands.h"

namespace mailtree::imap {
namespace {

constexpr bool selected = true;
constexpr bool try_create = true;
constexpr bool by_uid = true;

constexpr std::array table{
    Command{"APPEND", commands::append, false, Tell::everything, try_create},
    Command{"CAPABILITY", commands::capability},
    Command{"CHECK", commands::check, selected},
    Command{"CLOSE", commands::close, selected, Tell::nothing},
    Command{"COPY", commands::copy, selected, Tell::everything, try_create},
    Command{"CREATE", commands::create},
    Command{"DELETE", commands::remove},
    Command{"EXAMINE", commands::examine, false, Tell::nothing},
    Command{"EXPUNGE", commands::expunge, selected},
    Command{"FETCH", commands::fetch, selected, Tell::no_expunge},
    Command{"ID", commands::id},
    Command{"IDLE", commands::idle},
    Command{"LIST", commands::list},
    Command{"LOGOUT", commands::logout, false, Tell::nothing},
    Command{"LSUB", commands::lsub},
    Command{"MOVE", commands::move, selected, Tell::everything, try_create},
    Command{"NAMESPACE", commands::namespaces},
    Command{"NOOP", commands::noop},
    Command{"RENAME", commands::rename},
    Command{"SEARCH", commands::search, selected, Tell::no_expunge},
    Command{"SELECT", commands::select, false, Tell::nothing},
    Command{"STATUS", commands::status},
    Command{"STORE", commands::store, selected, Tell::no_expunge},
    Command{"SUBSCRIBE", commands::subscribe},
    Command{"UID COPY", commands::uid_copy, selected, Tell::everything, try_create, by_uid},
    Command{"UID EXPUNGE", commands::uid_expunge, selected, Tell::everything, false, by_uid},
    Command{"UID FETCH", commands::uid_fetch, selected, Tell::everything, false, by_uid},
    Command{"UID MOVE", commands::uid_move, selected, Tell::everything, try_create, by_uid},
    Command{"UID SEARCH", commands::uid_search, selected, Tell::everything, false, by_uid},
    Command{"UID STORE", commands::uid_store, selected, Tell::everything, false, by_uid},
    Command{"UNSELECT", commands::unselect, selected, Tell::nothing},
    Command{"UNSUBSCRIBE", commands::unsubscribe},
};

static_assert(std::is_sorted(table.begin(), table.end(),
                             [](const Command& a, const Command& b) { return a.verb < b.verb; }));

}  // namespace

const Command* find_command(std::string_view verb) {
  const auto found =
      std::lower_bound(table.begin(), table.end(), verb,
                       [](const Command& command, std::string_view wanted) { return command.verb < wanted; });
  return found != table.end() && found->verb == verb ? found : nullptr;
}

std::span<const Command> all_commands() {
  return table;
}

bool is_login_command(std::string_view verb) {
  return verb == "LOGIN" || verb == "AUTHENTICATE" || verb == "STARTTLS";
}

}  // namespace mailtree::imap
