// SPDX-License-Identifier: Apache-2.0
// Bounds of the SMTP grammar, in octets unless said otherwise. Policy bounds (sizes, counts) come from the settings.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailtree::smtp::limits {

constexpr std::size_t command_line = 4096;          // RFC 5321 4.5.3.1.4 asks for 512 and room for extensions
constexpr std::size_t authentication_line = 12288;  // RFC 4954 section 4
constexpr std::size_t local_part = 254;             // RFC 5321 4.5.3.1.1 asks for 64; list managers send more (VERP)
constexpr std::size_t domain = 255;                 // RFC 5321 4.5.3.1.2
constexpr std::size_t domain_label = 63;            // RFC 1035 2.3.4
constexpr std::size_t parameters = 20;              // of one MAIL or RCPT, counted
constexpr std::size_t envelope_id = 100;            // RFC 3461 4.4
constexpr std::size_t original_recipient = 500;     // RFC 3461 4.2
constexpr std::uint64_t chunk = std::uint64_t{1} << 40;  // a BDAT size that can be skipped at all
constexpr std::size_t header_block = 256 * 1024;
constexpr std::size_t received_fields = 50;  // RFC 5321 6.3: a loop; at least 100 is asked of "hops", 50 is usual
constexpr std::size_t reply_lines = 128;     // of a remote server, counted
constexpr std::size_t reply_octets = 16 * 1024;

}  // namespace mailtree::smtp::limits
