// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor where it can.
#pragma once

#include <cstdint>
#include <string_view>

namespace mailtree::store {

// Continues from `crc`; begin with 0.
std::uint32_t crc32c(std::uint32_t crc, std::string_view octets);

}  // namespace mailtree::store
