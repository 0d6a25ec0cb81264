// SPDX-License-Identifier: Apache-2.0
// The messages of this folder as octets.
#include "queue/messages.h"

#include "net/wire_codec.h"

namespace mailtree::net {
MAILTREE_MESSAGE(queue::MessageFile);
MAILTREE_MESSAGE(queue::NewMessageFile);
MAILTREE_MESSAGE(queue::Submitted);
MAILTREE_MESSAGE(queue::Submit);
MAILTREE_MESSAGE(queue::QueuePage);
MAILTREE_MESSAGE(queue::QueueList);
MAILTREE_MESSAGE(queue::QueueDone);
MAILTREE_MESSAGE(queue::QueueFlush);
MAILTREE_MESSAGE(queue::QueueHold);
MAILTREE_MESSAGE(queue::QueueRemove);
}  // namespace mailtree::net
