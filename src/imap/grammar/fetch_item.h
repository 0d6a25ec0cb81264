// SPDX-License-Identifier: Apache-2.0
// What FETCH asks for (RFC 3501 section 6.4.5, RFC 8474). Macros are expanded, repetitions dropped, order kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "imap/grammar/section.h"

namespace mailtree::imap {

struct FetchItem {
  enum class Kind : unsigned char {
    flags,
    uid,
    internal_date,
    size,            // RFC822.SIZE
    email_id,        // RFC 8474
    thread_id,
    envelope,
    body,            // BODY without extension data
    body_structure,  // BODYSTRUCTURE
    rfc822,          // = BODY[], under its old name
    rfc822_header,   // = BODY.PEEK[HEADER]
    rfc822_text,     // = BODY[TEXT]
    section,         // BODY[…]
  };
  Kind kind = Kind::flags;
  bool peek = false;  // does not set \Seen
  Section section;
  std::optional<Partial> partial;

  friend bool operator==(const FetchItem&, const FetchItem&) = default;
};

// A single item, a list in parentheses, or ALL, FAST, FULL.
bool read_fetch_items(Decoder& decoder, std::vector<FetchItem>& items);

// True if the octets of the message are wanted, not only its row in the index.
bool needs_message(const FetchItem& item);
bool sets_seen(const FetchItem& item);

}  // namespace mailtree::imap
