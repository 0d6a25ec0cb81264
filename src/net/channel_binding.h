// SPDX-License-Identifier: Apache-2.0
// What ties a sign-in to the TLS connection it runs inside (RFC 5056), so that nobody in the middle can pass it on.
#pragma once

#include <string>

#include "net/stream.h"

namespace mailtree::net {

struct ChannelBinding {
  std::string type;  // "tls-exporter" (RFC 9266), "tls-unique" (RFC 5929), or empty: this stream has none
  std::string data;
};

// TLS 1.3: tls-exporter. TLS 1.2: tls-unique, and only with extended master secret (RFC 7627): without it two
// connections can be made to share their value. Everything else, and a handshake that is not done: empty.
ChannelBinding channel_binding(const Stream& stream);

}  // namespace mailtree::net
