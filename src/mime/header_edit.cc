// SPDX-License-Identifier: Apache-2.0
#include "mime/header_edit.h"

#include "base/ascii.h"

namespace mailtree::mime {

HeaderFacts inspect_header(std::string_view block) {
  HeaderFacts facts;
  FieldCursor cursor(block);
  while (const auto field = cursor.next()) {
    const std::string name = ascii::to_lower(field->name);
    if (name == "date")
      facts.has_date = true;
    else if (name == "message-id")
      facts.has_message_id = true;
    else if (name == "from")
      facts.has_from = true;
    else if (name == "received")
      ++facts.received;
    else if (name == "bcc" || name == "resent-bcc")
      facts.bcc.push_back(field->range);
    else if (name == "return-path")
      facts.return_path.push_back(field->range);
    else if (name == "delivered-to")
      facts.delivered_to.push_back(unfold(field->value));
  }
  facts.has_blank_line = cursor.position() < block.size();
  return facts;
}

std::string without(std::string_view text, const std::vector<Range>& ranges) {
  std::string out;
  std::size_t position = 0;
  for (const Range& range : ranges) {
    out += text.substr(position, range.begin - position);
    position = range.end;
  }
  out += text.substr(position);
  return out;
}

}  // namespace mailtree::mime
