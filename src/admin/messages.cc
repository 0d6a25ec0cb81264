// SPDX-License-Identifier: Apache-2.0
// The messages of this folder as octets.
#include "admin/command.h"
#include "net/wire_codec.h"

namespace mailtree::net {
MAILTREE_MESSAGE(admin::Command);
MAILTREE_MESSAGE(admin::CommandReply);
}  // namespace mailtree::net
