// SPDX-License-Identifier: Apache-2.0
// A pair of connected in-memory streams, for tests of sessions without sockets.
#pragma once

#include <memory>
#include <utility>

#include "loop/loop.h"
#include "net/stream.h"

namespace mailtree::net {

// What is written to one is input of the other. Writes never wait.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> memory_stream_pair(loop::Loop& loop);

}  // namespace mailtree::net
