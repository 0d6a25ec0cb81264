// SPDX-License-Identifier: Apache-2.0
// Section specifications (RFC 3501 section 6.4.5): BODY[1.2.HEADER.FIELDS (From)]<0.100>.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

enum class SectionText : unsigned char { everything, header, header_fields, header_fields_not, text, mime };

struct Section {
  std::vector<std::uint32_t> part;  // empty: the message itself
  SectionText text = SectionText::everything;
  std::vector<std::string> fields;  // of header_fields and header_fields_not, as written
  friend bool operator==(const Section&, const Section&) = default;
};

struct Partial {
  std::uint32_t offset = 0;
  std::uint32_t count = 0;
  friend bool operator==(const Partial&, const Partial&) = default;
};

// [section-spec] "]": the bracket is open already.
bool read_section(Decoder& decoder, Section& section);
// "<" number "." nz-number ">", if it is there.
bool read_partial(Decoder& decoder, std::optional<Partial>& partial);
// "[1.2.HEADER.FIELDS (From)]", as responses repeat it.
void append_section(std::string& out, const Section& section);

}  // namespace mailtree::imap
