// SPDX-License-Identifier: Apache-2.0
// Flags of messages (RFC 3501 section 2.3.2): the five system flags as bits, keywords as names. \Recent cannot be
// stored.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

// The same bits as the store's.
namespace flag_bit {
inline constexpr std::uint8_t seen = 1;
inline constexpr std::uint8_t answered = 2;
inline constexpr std::uint8_t flagged = 4;
inline constexpr std::uint8_t deleted = 8;
inline constexpr std::uint8_t draft = 16;
}  // namespace flag_bit

struct FlagList {
  std::uint8_t system = 0;
  std::vector<std::string> keywords;  // no repetitions (case-insensitive)
  friend bool operator==(const FlagList&, const FlagList&) = default;
};

// "(" [flag *(SP flag)] ")"
bool read_flag_list(Decoder& decoder, FlagList& flags);
// flag-list / (flag *(SP flag)), as STORE has it.
bool read_store_flags(Decoder& decoder, FlagList& flags);

// "\Answered \Seen", separated by blanks, without parentheses.
void append_system_flags(std::string& out, std::uint8_t system);

inline constexpr std::string_view all_system_flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";

}  // namespace mailtree::imap
