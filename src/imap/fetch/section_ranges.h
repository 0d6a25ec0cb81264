// SPDX-License-Identifier: Apache-2.0
// Which octets of a message BODY[section]<partial> means (RFC 3501 section 6.4.5). Offsets, not text: large parts are
// sent from the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "imap/grammar/section.h"
#include "mime/part_tree.h"

namespace mailtree::imap {

using Ranges = std::vector<mime::Range>;

// Needs the tree of parts; otherwise the header and the size of the message are enough.
inline bool needs_tree(const Section& section) { return !section.part.empty(); }
// Only some fields of the block that find_*() names are meant: select_section_fields() says which.
inline bool selects_fields(const Section& section) {
  return section.text == SectionText::header_fields || section.text == SectionText::header_fields_not;
}

// Of the message itself.
mime::Range find_message_section(const Section& section, std::uint64_t header_octets, std::uint64_t message_octets);
// Of a part; nullopt (NIL) if there is no such part.
std::optional<mime::Range> find_part_section(const Section& section, const mime::PartTree& tree);

// `block`: the header that begins at offset `begin` of the message.
Ranges select_section_fields(const Section& section, std::string_view block, std::uint64_t begin);

std::uint64_t total_octets(const Ranges& ranges);

// What <offset.count> leaves of them; nothing if it starts behind the end.
Ranges clip(const Ranges& ranges, const Partial& partial);

}  // namespace mailtree::imap
