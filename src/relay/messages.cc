// SPDX-License-Identifier: Apache-2.0
// The messages of this folder as octets.
#include "relay/messages.h"

#include "net/wire_codec.h"

namespace mailtree::net {
MAILTREE_MESSAGE(relay::Attempted);
MAILTREE_MESSAGE(relay::Attempt);
}  // namespace mailtree::net
