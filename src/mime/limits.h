// SPDX-License-Identifier: Apache-2.0
// Bounds on what is read out of one message. Beyond them a message stays readable as plain text; nothing is refused
// here.
#pragma once

#include <cstddef>

namespace mailtree::mime {

constexpr std::size_t max_depth = 64;              // nested multiparts and messages
constexpr std::size_t max_parts = 4096;            // in one message
constexpr std::size_t max_boundary_bytes = 256;    // RFC 2046 5.1.1 allows 70
constexpr std::size_t max_parameters = 128;        // in one header field
constexpr std::size_t max_continuation = 999;      // RFC 2231 3: name*0 .. name*999
constexpr std::size_t max_header_view = 1U << 20;  // octets of a header block that are looked at
constexpr std::size_t max_addresses = 10000;       // in one list

}  // namespace mailtree::mime
