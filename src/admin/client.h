// SPDX-License-Identifier: Apache-2.0
// One command to a running server, for the command line: blocks until the answer or the deadline.
#pragma once

#include <chrono>
#include <string>

#include "admin/command.h"
#include "base/result.h"

namespace mailtree::admin {

// Error{temporary, unavailable} when nobody listens at `socket_path`.
Result<CommandReply> ask(const std::string& socket_path, const Command& command, std::chrono::seconds patience);

}  // namespace mailtree::admin
