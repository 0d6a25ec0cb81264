// SPDX-License-Identifier: Apache-2.0
// Encoding of typed messages between our processes: plain structs with MSGPACK_DEFINE, as msgpack arrays. Fields are
// only ever appended: a shorter array leaves the new fields at their defaults, a longer one is read as far as known.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mailtree::net {

// Bounds on what a peer process may make us allocate.
constexpr std::size_t max_frame_bytes = 64UL * 1024 * 1024;

// Both are defined in wire_codec.h and instantiated where the struct's folder lists its messages (messages.cc): a
// missing one is an undefined reference at link time.
template <typename T>
std::string encode(const T& message);
// Fills `message`; false with the reason in `failure` when the octets are not such a message.
template <typename T>
bool decode_into(std::string_view octets, T& message, std::string& failure);

template <typename T>
Result<T> decode(std::string_view octets) {
  T message;
  std::string failure;
  if (decode_into(octets, message, failure)) return message;
  return Error::temporary(Condition::syntax, "message between processes: " + failure);
}

}  // namespace mailtree::net
