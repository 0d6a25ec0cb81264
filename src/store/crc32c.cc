// SPDX-License-Identifier: Apache-2.0
// CRC-32C: SSE 4.2 instruction or a table of 256 entries.
#include "store/crc32c.h"

#include <array>
#include <cstring>

namespace mailtree::store {
namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // reversed

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1U) != 0 ? (value >> 1) ^ polynomial : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> table = make_table();

std::uint32_t by_table(std::uint32_t crc, std::string_view octets) {
  for (const char c : octets) crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xffU];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t crc, std::string_view octets) {
  while (octets.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, octets.data(), 8);
    crc = static_cast<std::uint32_t>(__builtin_ia32_crc32di(crc, word));
    octets.remove_prefix(8);
  }
  for (const char c : octets) crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(c));
  return crc;
}
#endif

}  // namespace

std::uint32_t crc32c(std::uint32_t crc, std::string_view octets) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return ~by_instruction(~crc, octets);
#endif
  return ~by_table(~crc, octets);
}

}  // namespace mailtree::store
