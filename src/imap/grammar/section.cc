// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: section, section-spec, section-part, header-list.
#include "imap/grammar/section.h"

#include "base/ascii.h"
#include "imap/grammar/encoder.h"
#include "imap/grammar/limits.h"

namespace mailtree::imap {
namespace {

// header-list. Names are kept as given: responses repeat them.
bool read_header_list(Decoder& decoder, std::vector<std::string>& fields) {
  if (!decoder.space() || !decoder.open()) return false;
  do {
    std::string name;
    if (!decoder.astring(name)) return false;
    if (fields.size() >= max_header_fields) {
      return decoder.fail(Error::permanent(Condition::limit, "Too many header fields"));
    }
    fields.push_back(std::move(name));
  } while (decoder.skip(' '));
  return decoder.close();
}

bool read_section_text(Decoder& decoder, Section& section) {
  if (decoder.skip_word("HEADER.FIELDS.NOT")) {
    section.text = SectionText::header_fields_not;
    return read_header_list(decoder, section.fields);
  }
  if (decoder.skip_word("HEADER.FIELDS")) {
    section.text = SectionText::header_fields;
    return read_header_list(decoder, section.fields);
  }
  if (decoder.skip_word("HEADER")) {
    section.text = SectionText::header;
  } else if (decoder.skip_word("TEXT")) {
    section.text = SectionText::text;
  } else if (decoder.skip_word("MIME")) {
    if (section.part.empty()) return decoder.fail("MIME needs a part number");
    section.text = SectionText::mime;
  } else {
    return decoder.fail("Unknown section");
  }
  return true;
}

}  // namespace

bool read_section(Decoder& decoder, Section& section) {
  if (decoder.skip(']')) return true;
  while (ascii::is_digit(decoder.peek())) {
    std::uint32_t number = 0;
    if (!decoder.nz_number(number)) return false;
    if (section.part.size() >= max_section_depth) return decoder.fail("Section too deep");
    section.part.push_back(number);
    if (decoder.skip(']')) return true;
    if (!decoder.expect('.')) return false;
  }
  return read_section_text(decoder, section) && decoder.expect(']');
}

bool read_partial(Decoder& decoder, std::optional<Partial>& partial) {
  if (!decoder.skip('<')) return true;
  Partial& range = partial.emplace();
  return decoder.number(range.offset) && decoder.expect('.') && decoder.nz_number(range.count) && decoder.expect('>');
}

void append_section(std::string& out, const Section& section) {
  out.push_back('[');
  for (std::size_t i = 0; i < section.part.size(); ++i) {
    if (i > 0) out.push_back('.');
    append_number(out, section.part[i]);
  }
  if (!section.part.empty() && section.text != SectionText::everything) out.push_back('.');
  switch (section.text) {
    case SectionText::everything: break;
    case SectionText::header: out.append("HEADER"); break;
    case SectionText::header_fields: out.append("HEADER.FIELDS ("); break;
    case SectionText::header_fields_not: out.append("HEADER.FIELDS.NOT ("); break;
    case SectionText::text: out.append("TEXT"); break;
    case SectionText::mime: out.append("MIME"); break;
  }
  for (std::size_t i = 0; i < section.fields.size(); ++i) {
    if (i > 0) out.push_back(' ');
    append_astring(out, section.fields[i]);
  }
  if (!section.fields.empty()) out.push_back(')');
  out.push_back(']');
}

}  // namespace mailtree::imap
