// SPDX-License-Identifier: Apache-2.0
// May this recipient have mail from this client? Asks the directory, then the mailbox's partition for room.
#pragma once

#include "loop/task.h"
#include "smtp/reply.h"

namespace mailtree::smtp {
class Session;
struct Recipient;
}  // namespace mailtree::smtp

namespace mailtree::smtp::policy {

// 250 and the recipient's plan is filled in, or the refusal. Only a definite answer of the directory gives 5xx.
loop::Task<Reply> judge_recipient(Session& session, Recipient& recipient);

}  // namespace mailtree::smtp::policy
