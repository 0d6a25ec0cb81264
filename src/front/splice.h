// SPDX-License-Identifier: Apache-2.0
// Carries octets between two streams, both ways, until one side ends or fails; then ends the other in the same way.
#pragma once

#include "loop/loop.h"
#include "net/stream.h"

namespace mailtree::front {

loop::Task<void> splice(loop::Loop& loop, net::Stream& client, net::Stream& server);

}  // namespace mailtree::front
