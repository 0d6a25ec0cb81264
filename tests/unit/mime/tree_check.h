// SPDX-License-Identifier: Apache-2.0
// The invariants of a part tree, for tests and fuzzing: returns what is wrong, or an empty text.
#pragma once

#include <string>
#include <string_view>

#include "mime/content.h"
#include "mime/limits.h"
#include "mime/line_ends.h"
#include "mime/part_tree.h"

namespace mailtree::mime::testing {

inline std::string check_part(std::string_view text, const PartTree& tree, std::uint32_t index) {
  const Part& part = tree.parts[index];
  if (part.header_begin > part.body_begin || part.body_begin > part.body_end || part.body_end > text.size())
    return "ranges out of order";
  const std::string_view header = text.substr(part.header_begin, part.body_begin - part.header_begin);
  const std::string_view body = text.substr(part.body_begin, part.body_end - part.body_begin);
  if (part.header_octets() != to_crlf(header).size()) return "header octets";
  if (part.body_octets() != to_crlf(body).size()) return "body octets";
  std::uint64_t lines = 0;
  for (const char c : body) lines += c == '\n' ? 1 : 0;
  if (lines != part.body_lines) return "body lines";
  if (index > 0) {
    if (part.parent >= index) return "parent behind child";
    const Part& parent = tree.parts[part.parent];
    if (part.header_begin < parent.body_begin || part.body_end > parent.body_end) return "outside its parent";
  }
  std::uint32_t children = 0;
  std::uint64_t last_end = part.body_begin;
  for (std::uint32_t child = part.first_child; child != no_part; child = tree.parts[child].next_sibling) {
    if (child <= index || child >= tree.parts.size() || tree.parts[child].parent != index) return "bad child link";
    if (tree.parts[child].header_begin < last_end) return "children overlap";
    last_end = tree.parts[child].body_end;
    ++children;
  }
  if (children != part.child_count) return "child count";
  if (part.kind == PartKind::leaf && children != 0) return "a leaf with children";
  if (part.kind == PartKind::multipart && children == 0) return "a multipart without children";
  if (part.kind == PartKind::message && (children != 1 || tree.parts[part.first_child].header_begin != part.body_begin))
    return "an embedded message elsewhere";
  return {};
}

inline std::string check_tree(std::string_view text, const PartTree& tree) {
  if (tree.parts.empty() || tree.parts.size() > max_parts) return "number of parts";
  if (tree.parts[0].header_begin != 0 || tree.parts[0].body_end != text.size()) return "the root is not the message";
  for (std::uint32_t i = 0; i < tree.parts.size(); ++i) {
    std::string wrong = check_part(text, tree, i);
    if (!wrong.empty()) return wrong + " in part " + std::to_string(i);
    const Content content = describe(text, tree.parts[i]);
    const bool is_message = content.is("message", "rfc822") || content.is("message", "global");
    if ((content.type == "multipart") != (tree.parts[i].kind == PartKind::multipart)) return "type is not multipart";
    if (is_message != (tree.parts[i].kind == PartKind::message)) return "type is not message";
  }
  return {};
}

}  // namespace mailtree::mime::testing
