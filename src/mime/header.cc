// SPDX-License-Identifier: Apache-2.0
#include "mime/header.h"

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "mime/limits.h"

namespace mailtree::mime {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// The offset behind the line that starts at `begin`.
std::size_t line_end(std::string_view text, std::size_t begin) {
  const std::size_t lf = text.find('\n', begin);
  return lf == std::string_view::npos ? text.size() : lf + 1;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_empty_line(std::string_view text, std::size_t begin) {
  return text[begin] == '\n' || (text[begin] == '\r' && begin + 1 < text.size() && text[begin + 1] == '\n');
}

// RFC 5322 2.2: printable US-ASCII but the colon; 4.5.x lets blanks stand before the colon.
std::optional<std::string_view> field_name(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = ascii::trim(line.substr(0, colon));
  const auto is_name = [](char c) { return c > ' ' && c < 0x7f; };
  if (name.empty() || name.data() != line.data() || !std::all_of(name.begin(), name.end(), is_name))
    return std::nullopt;
  return name;
}

}  // namespace

std::optional<Field> FieldCursor::next() {
  while (position_ < block_.size() && !is_empty_line(block_, position_)) {
    const std::size_t begin = position_;
    const std::size_t first_line_end = line_end(block_, begin);
    position_ = first_line_end;
    while (position_ < block_.size() && is_blank(block_[position_])) position_ = line_end(block_, position_);
    const auto name = field_name(block_.substr(begin, first_line_end - begin));
    if (!name) continue;
    const std::string_view whole = block_.substr(begin, position_ - begin);
    const std::size_t colon = whole.find(':');
    return Field{*name, without_line_end(whole.substr(colon + 1)), {begin, position_}};
  }
  return std::nullopt;
}

std::string_view header_block(std::string_view message) {
  std::size_t position = 0;
  while (position < message.size()) {
    const bool last = is_empty_line(message, position);
    position = line_end(message, position);
    if (last) break;
  }
  return message.substr(0, position);
}

std::string_view header_view(std::string_view block) {
  if (block.size() <= max_header_view) return block;
  const std::size_t lf = block.rfind('\n', max_header_view - 1);
  return block.substr(0, lf == std::string_view::npos ? max_header_view : lf + 1);
}

std::optional<Field> find_field(std::string_view block, std::string_view name) {
  FieldCursor cursor(header_view(block));
  while (auto field = cursor.next())
    if (ascii::equal(field->name, name)) return field;
  return std::nullopt;
}

std::string unfold(std::string_view value) {
  std::string out(value);
  std::erase_if(out, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  const std::string_view trimmed = ascii::trim(out);
  return trimmed.size() == out.size() ? out : std::string(trimmed);
}

std::vector<Range> select_fields(std::string_view block, const std::vector<std::string>& names, bool excluded) {
  std::set<std::string> wanted;  // ordered, so that chosen names cannot collide
  for (const std::string& name : names) wanted.insert(ascii::to_lower(name));
  std::vector<Range> ranges;
  const auto add = [&ranges](Range range) {
    if (!ranges.empty() && ranges.back().end == range.begin)
      ranges.back().end = range.end;
    else
      ranges.push_back(range);
  };
  FieldCursor cursor(block);
  while (const auto field = cursor.next())
    if (wanted.contains(ascii::to_lower(field->name)) != excluded) add(field->range);
  if (cursor.position() < block.size()) add({cursor.position(), line_end(block, cursor.position())});
  return ranges;
}

}  // namespace mailtree::mime
