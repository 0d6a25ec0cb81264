// SPDX-License-Identifier: Apache-2.0
// Hands a complete message to the store or to the queue and waits until it is durable there. An answer that got lost is
// asked for again under the same transaction id, so that nothing is delivered twice.
#pragma once

#include <string_view>
#include <vector>

#include "loop/task.h"
#include "smtp/reply.h"

namespace mailtree::smtp {

class Session;
struct DirectDelivery;

// One reply a recipient, in order. Without `direct` all goes to the queue. With SMTP (not LMTP) the replies agree: if
// some mailboxes have the message, the queue takes care of the others.
loop::Task<std::vector<Reply>> hand_over(Session& session, const DirectDelivery* direct);

std::string_view protocol_word(const Session& session);  // RFC 3848

}  // namespace mailtree::smtp
