// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: fetch, fetch-att.
#include "imap/grammar/fetch_item.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "imap/grammar/limits.h"

namespace mailtree::imap {
namespace {

using Kind = FetchItem::Kind;

struct NamedItem {
  std::string_view name;
  Kind kind;
  bool peek;
};
constexpr std::array<NamedItem, 11> named_items{{{"FLAGS", Kind::flags, true},
                                                 {"UID", Kind::uid, true},
                                                 {"INTERNALDATE", Kind::internal_date, true},
                                                 {"RFC822.SIZE", Kind::size, true},
                                                 {"EMAILID", Kind::email_id, true},
                                                 {"THREADID", Kind::thread_id, true},
                                                 {"ENVELOPE", Kind::envelope, true},
                                                 {"BODYSTRUCTURE", Kind::body_structure, true},
                                                 {"RFC822.HEADER", Kind::rfc822_header, true},
                                                 {"RFC822.TEXT", Kind::rfc822_text, false},
                                                 {"RFC822", Kind::rfc822, false}}};

struct Macro {
  std::string_view name;
  std::size_t count;  // of the list below
};
constexpr std::array<Macro, 3> macros{{{"FAST", 3}, {"ALL", 4}, {"FULL", 5}}};
constexpr std::array<Kind, 5> macro_items{Kind::flags, Kind::internal_date, Kind::size, Kind::envelope, Kind::body};

FetchItem plain_item(Kind kind, bool peek = true) {
  FetchItem item;
  item.kind = kind;
  item.peek = peek;
  return item;
}

// Behind "BODY[" or "BODY.PEEK[".
bool read_body_section(Decoder& decoder, bool peek, FetchItem& item) {
  item = plain_item(Kind::section, peek);
  return read_section(decoder, item.section) && read_partial(decoder, item.partial);
}

bool read_item(Decoder& decoder, FetchItem& item) {
  for (const NamedItem& known : named_items) {
    if (!decoder.skip_word(known.name)) continue;
    item = plain_item(known.kind, known.peek);
    return true;
  }
  if (decoder.skip_text("BODY.PEEK[")) return read_body_section(decoder, true, item);
  if (decoder.skip_text("BODY[")) return read_body_section(decoder, false, item);
  if (!decoder.skip_word("BODY")) return decoder.fail("Unknown FETCH item");
  item = plain_item(Kind::body);
  return true;
}

bool add_item(Decoder& decoder, std::vector<FetchItem>& items, FetchItem item) {
  if (std::find(items.begin(), items.end(), item) != items.end()) return true;
  if (items.size() >= max_fetch_items) return decoder.fail(Error::permanent(Condition::limit, "Too many FETCH items"));
  items.push_back(std::move(item));
  return true;
}

}  // namespace

bool read_fetch_items(Decoder& decoder, std::vector<FetchItem>& items) {
  for (const Macro& macro : macros) {
    if (!decoder.skip_word(macro.name)) continue;
    for (std::size_t i = 0; i < macro.count; ++i) items.push_back(plain_item(macro_items[i]));
    return true;
  }
  FetchItem item;
  if (decoder.peek() != '(') return read_item(decoder, item) && add_item(decoder, items, std::move(item));
  if (!decoder.open()) return false;
  do {
    if (!read_item(decoder, item) || !add_item(decoder, items, std::move(item))) return false;
  } while (decoder.skip(' '));
  return decoder.close();
}

bool needs_message(const FetchItem& item) {
  switch (item.kind) {
    case Kind::flags:
    case Kind::uid:
    case Kind::internal_date:
    case Kind::size:
    case Kind::email_id:
    case Kind::thread_id: return false;
    default: return true;
  }
}

bool sets_seen(const FetchItem& item) { return !item.peek; }

}  // namespace mailtree::imap
