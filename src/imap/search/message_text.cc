// SPDX-License-Identifier: Apache-2.0
// What is no text (images, archives) is not searched; headers of embedded messages belong to the body.
#include "imap/search/message_text.h"

#include "base/ascii.h"
#include "mime/charset.h"
#include "mime/content.h"
#include "mime/date.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/part_tree.h"

namespace mailtree::imap {
namespace {

// Decoded text of one part that is looked at. More is no mail anybody searches for by its words.
constexpr std::size_t max_text_bytes = 16U << 20;

std::string fold_header(std::string_view block) {
  std::string out;
  mime::FieldCursor cursor(mime::header_view(block));
  while (const auto field = cursor.next()) {
    out.append(mime::casefold(field->name)).append(": ");
    out.append(mime::casefold(mime::decode_text(field->value))).push_back('\n');
  }
  return out;
}

}  // namespace

bool MessageText::has_field(std::string_view name, std::string_view needle) {
  mime::FieldCursor cursor(mime::header_view(mime::header_block(octets_)));
  while (const auto field = cursor.next()) {
    if (!ascii::equal(field->name, name)) continue;
    if (needle.empty()) return true;
    if (mime::casefold(mime::decode_text(field->value)).find(needle) != std::string::npos) return true;
  }
  return false;
}

bool MessageText::header_contains(std::string_view needle) {
  if (!header_) header_ = fold_header(mime::header_block(octets_));
  return header_->find(needle) != std::string::npos;
}

void MessageText::read_bodies() {
  std::vector<std::string>& bodies = bodies_.emplace();
  const mime::PartTree tree = mime::scan(octets_);
  for (const mime::Part& part : tree.parts) {
    if (part.kind == mime::PartKind::message) {
      const mime::Part& inner = tree.parts[part.first_child];
      bodies.push_back(fold_header(octets_.substr(inner.header_begin, inner.header().size())));
    } else if (part.kind == mime::PartKind::leaf) {
      const mime::Content content = mime::describe(octets_, part);
      if (content.type != "text") continue;
      bodies.push_back(mime::casefold(mime::decoded_text(octets_, part, content, max_text_bytes)));
    }
  }
}

bool MessageText::body_contains(std::string_view needle) {
  if (!bodies_) read_bodies();
  for (const std::string& body : *bodies_) {
    if (body.find(needle) != std::string::npos) return true;
  }
  // Any message contains the empty string, also one without a text part.
  return needle.empty();
}

std::optional<std::int64_t> MessageText::sent_day() {
  const auto field = mime::find_field(mime::header_block(octets_), "Date");
  if (!field) return std::nullopt;
  const auto date = mime::parse_date(field->value);
  if (!date) return std::nullopt;
  return date->local_day();
}

}  // namespace mailtree::imap
