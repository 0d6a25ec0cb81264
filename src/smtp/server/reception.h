// SPDX-License-Identifier: Apache-2.0
// The way of a message through smtpd: a file for it, and the hand-over to store or queue once it is complete.
#pragma once

#include <memory>
#include <vector>

#include "loop/task.h"
#include "smtp/reply.h"
#include "smtp/server/intake.h"

namespace mailtree::smtp {

class Session;

// May the message begin now? The refusal otherwise.
std::optional<Reply> check_ready(const Session& session);

// Gets a descriptor from the daemon that will have the message, and writes the trace lines. Before 354.
loop::Task<Parsed<std::unique_ptr<Intake>>> begin_message(Session& session);

// All octets are in transaction.intake: judges them, hands the message over, ends the transaction. One reply, or for
// LMTP one a recipient, of which all but the last are queued already. 250 = would survive a power cut.
loop::Task<Reply> conclude_message(Session& session);

}  // namespace mailtree::smtp
