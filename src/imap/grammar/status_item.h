// SPDX-License-Identifier: Apache-2.0
// What STATUS asks for (RFC 3501 section 6.3.10, RFC 8474), as a set of bits.
#pragma once

#include <cstdint>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

namespace status_item {
inline constexpr std::uint32_t messages = 1;
inline constexpr std::uint32_t recent = 2;
inline constexpr std::uint32_t uidnext = 4;
inline constexpr std::uint32_t uidvalidity = 8;
inline constexpr std::uint32_t unseen = 16;
inline constexpr std::uint32_t mailbox_id = 32;  // RFC 8474
}  // namespace status_item

// "(" status-att *(SP status-att) ")"
bool read_status_items(Decoder& decoder, std::uint32_t& items);

}  // namespace mailtree::imap
