// SPDX-License-Identifier: Apache-2.0
// Copies of a message with another head. See message_copy.h.
#include "queue/daemon/message_copy.h"

#include <algorithm>

#include "base/ascii.h"
#include "mime/header.h"

namespace mailtree::queue {
namespace {

constexpr std::size_t max_head = 1u << 20;  // of a message we edit; SMTP accepts less
constexpr std::size_t max_returned_head = 64u << 10;
constexpr std::size_t copy_bytes = 256 * 1024;

Result<std::string> read_front(loop::Disk& disk, int file, std::uint64_t size, std::size_t most) {
  std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(size, most)), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const auto got = disk.read_at(file, text.data() + have, text.size() - have, have);
    if (!got) return got.error();
    if (*got == 0) return Error::temporary(Condition::damaged, "message is shorter than it was");
    have += *got;
  }
  return text;
}

bool is_named(std::string_view name, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [name](const std::string& one) { return ascii::equal(one, name); });
}

}  // namespace

std::size_t return_path_length(std::string_view head) {
  if (!ascii::starts_with(head, "Return-Path:")) return 0;
  const auto end = head.find('\n');
  return end == std::string_view::npos ? 0 : end + 1;
}

std::string edit_head(const std::string& head, const Variant& variant) {
  std::string edited = "Return-Path: <" + variant.sender + ">\r\n";
  std::uint64_t at = return_path_length(head);
  const std::uint64_t begin = at;
  mime::FieldCursor fields(std::string_view(head).substr(begin));
  bool inserted = false;
  const auto insert_new = [&] {
    if (std::exchange(inserted, true)) return;
    for (const std::string& header : variant.add_headers) {
      if (header.find_first_of("\r\n") == std::string::npos) edited += header + "\r\n";
    }
  };
  while (const auto field = fields.next()) {
    const std::uint64_t field_begin = begin + field->range.begin;
    const std::uint64_t field_end = begin + field->range.end;
    edited.append(head, at, field_begin - at);
    if (!ascii::equal(field->name, "Received")) insert_new();  // trace fields stay on top (RFC 5321 section 4.4)
    if (!is_named(field->name, variant.remove_headers)) edited.append(head, field_begin, field_end - field_begin);
    at = field_end;
  }
  insert_new();
  edited.append(head, at, std::string::npos);
  return edited;
}

Result<MessageCopy> message_for(loop::Disk& disk, Spool& spool, UniqueFd message, std::uint64_t size,
                                const Variant* variant) {
  const auto front = read_front(disk, message.get(), size, max_head);
  if (!front) return front.error();
  MessageCopy copy;
  copy.size = size;
  copy.skip = return_path_length(*front);
  if (variant == nullptr) {
    copy.file = std::move(message);
    return copy;
  }
  const std::string head(mime::header_block(*front));
  const std::string edited = edit_head(head, *variant);
  auto file = spool.new_message_file();
  if (!file) return file.error();
  const auto written = disk.write_at(file->get(), edited, 0);
  if (!written) return written.error();
  std::string buffer(copy_bytes, '\0');
  std::uint64_t to = edited.size();
  for (std::uint64_t from = head.size(); from < size;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - from));
    const auto got = disk.read_at(message.get(), buffer.data(), want, from);
    if (!got) return got.error();
    if (*got == 0) return Error::temporary(Condition::damaged, "message is shorter than it was");
    const auto put = disk.write_at(file->get(), std::string_view(buffer.data(), *got), to);
    if (!put) return put.error();
    from += *got;
    to += *got;
  }
  copy.file = std::move(*file);
  copy.size = to;
  copy.skip = return_path_length(edited);
  return copy;
}

Result<std::string> read_original(loop::Disk& disk, int message, std::uint64_t size, bool whole) {
  const auto front = read_front(disk, message, size, whole ? size : max_returned_head);
  if (!front) return front.error();
  const std::string body = front->substr(return_path_length(*front));
  if (whole) return body;
  const std::string_view head = mime::header_view(mime::header_block(body));
  const auto last_line = head.rfind('\n');
  return std::string(head.substr(0, last_line == std::string_view::npos ? 0 : last_line + 1));
}

}  // namespace mailtree::queue
