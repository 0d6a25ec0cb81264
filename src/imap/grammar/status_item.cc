// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: status-att.
#include "imap/grammar/status_item.h"

#include <array>
#include <string_view>

namespace mailtree::imap {
namespace {

struct NamedItem {
  std::string_view name;
  std::uint32_t bit;
};
constexpr std::array<NamedItem, 6> named_items{{{"MESSAGES", status_item::messages},
                                                {"RECENT", status_item::recent},
                                                {"UIDNEXT", status_item::uidnext},
                                                {"UIDVALIDITY", status_item::uidvalidity},
                                                {"UNSEEN", status_item::unseen},
                                                {"MAILBOXID", status_item::mailbox_id}}};

bool read_item(Decoder& decoder, std::uint32_t& items) {
  for (const NamedItem& known : named_items) {
    if (!decoder.skip_word(known.name)) continue;
    items |= known.bit;
    return true;
  }
  return decoder.fail("Unknown STATUS item");
}

}  // namespace

bool read_status_items(Decoder& decoder, std::uint32_t& items) {
  if (!decoder.open()) return false;
  do {
    if (!read_item(decoder, items)) return false;
  } while (decoder.skip(' '));
  return decoder.close();
}

}  // namespace mailtree::imap
