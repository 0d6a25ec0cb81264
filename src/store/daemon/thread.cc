// SPDX-License-Identifier: Apache-2.0
#include "store/daemon/thread.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "mime/header.h"
#include "mime/message_id.h"
#include "net/digest.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

constexpr std::size_t read_chunk = 8U << 10;                                                            // most headers
constexpr std::array<std::string_view, 3> naming_fields = {"References", "In-Reply-To", "Message-ID"};  // best first

ThreadId thread_named(std::string_view name) {
  const auto thread = OctetReader(net::sha256(name)).big<ThreadId>();
  return thread == unknown_thread ? 1 : thread;
}

}  // namespace

ThreadId named_thread(std::string_view message, bool whole) {
  if (!whole) message = message.substr(0, message.rfind('\n') + 1);
  std::array<std::optional<std::string>, naming_fields.size()> ids;
  mime::FieldCursor cursor(mime::header_block(message));
  while (const auto field = cursor.next()) {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!ids[i] && ascii::equal(field->name, naming_fields[i])) ids[i] = mime::first_message_id(field->value);
    }
  }
  const auto best = std::find_if(ids.begin(), ids.end(), [](const auto& id) { return id.has_value(); });
  return best == ids.end() ? unknown_thread : thread_named(**best);
}

ThreadId own_thread(const Unique& unique) {
  return thread_named(unique_text(unique));
}

Result<ThreadId> read_named_thread(loop::Disk& disk, int file) {
  std::string text;
  bool whole = false;
  while (!whole && text.size() < max_thread_header && mime::header_block(text).size() == text.size()) {
    const std::size_t before = text.size();
    text.resize(before + read_chunk);
    const auto count = disk.read_at(file, text.data() + before, read_chunk, before);
    if (!count) return count.error();
    text.resize(before + *count);
    whole = *count == 0;
  }
  return named_thread(text, whole);
}

ThreadId thread_of_file(loop::Disk& disk, int directory, const std::string& name, const Unique& unique) {
  const auto file = disk.open(directory, name, loop::Disk::Access::read);
  if (!file) return unknown_thread;
  const auto named = read_named_thread(disk, file->get());
  return named ? thread_of(*named, unique) : unknown_thread;
}

}  // namespace mailtree::store
