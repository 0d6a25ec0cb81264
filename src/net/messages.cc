// SPDX-License-Identifier: Apache-2.0
// The messages of this folder as octets.
#include "net/session_start.h"
#include "net/wire_codec.h"

namespace mailtree::net {
MAILTREE_MESSAGE(mailtree::Error);
MAILTREE_MESSAGE(SessionStart);
}  // namespace mailtree::net
