// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: flag, flag-list, flag-keyword.
#include "imap/grammar/flag.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "imap/grammar/limits.h"

namespace mailtree::imap {
namespace {

struct SystemFlag {
  std::string_view name;
  std::uint8_t bit;
};
constexpr std::array<SystemFlag, 5> system_flags{{{"\\Answered", flag_bit::answered},
                                                  {"\\Flagged", flag_bit::flagged},
                                                  {"\\Deleted", flag_bit::deleted},
                                                  {"\\Seen", flag_bit::seen},
                                                  {"\\Draft", flag_bit::draft}}};

bool read_system_flag(Decoder& decoder, FlagList& flags) {
  std::string_view name;
  if (!decoder.expect('\\') || !decoder.atom(name)) return false;
  for (const SystemFlag& known : system_flags) {
    if (ascii::equal(known.name.substr(1), name)) {
      flags.system = static_cast<std::uint8_t>(flags.system | known.bit);
      return true;
    }
  }
  return decoder.fail("Unknown or unsettable system flag");
}

bool read_flag(Decoder& decoder, FlagList& flags) {
  if (decoder.peek() == '\\') return read_system_flag(decoder, flags);
  std::string_view keyword;
  if (!decoder.atom(keyword)) return false;
  if (keyword.size() > max_keyword_bytes) return decoder.fail(Error::permanent(Condition::limit, "Keyword too long"));
  const auto same = [keyword](const std::string& known) { return ascii::equal(known, keyword); };
  if (std::any_of(flags.keywords.begin(), flags.keywords.end(), same)) return true;
  if (flags.keywords.size() >= max_flags) return decoder.fail(Error::permanent(Condition::limit, "Too many keywords"));
  flags.keywords.emplace_back(keyword);
  return true;
}

}  // namespace

bool read_flag_list(Decoder& decoder, FlagList& flags) {
  if (!decoder.open()) return false;
  if (decoder.peek() == ')') return decoder.close();
  do {
    if (!read_flag(decoder, flags)) return false;
  } while (decoder.skip(' '));
  return decoder.close();
}

bool read_store_flags(Decoder& decoder, FlagList& flags) {
  if (decoder.peek() == '(') return read_flag_list(decoder, flags);
  do {
    if (!read_flag(decoder, flags)) return false;
  } while (decoder.skip(' '));
  return true;
}

void append_system_flags(std::string& out, std::uint8_t system) {
  bool first = true;
  for (const SystemFlag& known : system_flags) {
    if ((system & known.bit) == 0) continue;
    if (!first) out.push_back(' ');
    out.append(known.name);
    first = false;
  }
}

}  // namespace mailtree::imap
