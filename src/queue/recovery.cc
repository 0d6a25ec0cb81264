// SPDX-License-Identifier: Apache-2.0
// Reading a queue back at start. One bad file never stops the rest; it is moved aside and reported, never deleted.
#include <algorithm>
#include <set>

#include "queue/spool.h"
#include "queue/words.h"

namespace mailtree::queue {
namespace {

using Access = loop::Disk::Access;

constexpr std::string_view envelope_suffix = ".envelope";
constexpr std::string_view message_suffix = ".message";

// The id if `name` is <id><suffix>, else empty.
std::string id_of(const std::string& name, std::string_view suffix) {
  if (!std::string_view(name).ends_with(suffix)) return {};
  std::string id = name.substr(0, name.size() - suffix.size());
  return is_queue_id(id) ? id : std::string();
}

struct JournalState {
  std::uint64_t good_end = 0;  // behind the last record that counts
  bool damaged = false;
};

JournalState replay(Item& item, std::string_view journal, std::uint64_t offset) {
  JournalReader reader(journal, item.id(), offset);
  JournalState state{offset, false};
  while (true) {
    Record record;
    const auto step = reader.next(record);
    if (step == JournalReader::Step::end || step == JournalReader::Step::torn) return state;
    const bool applied = step == JournalReader::Step::record && item.apply(record);
    if (!applied) {
      // Whether the last line is damage or a torn write whose end looks whole cannot be told: it is kept aside.
      state.damaged = true;
      continue;
    }
    if (!item.torn_expansion()) state.good_end = reader.offset();
  }
}

}  // namespace

BucketReport Spool::load(unsigned bucket) {
  BucketReport report;
  const int directory = buckets_.at(bucket).get();
  auto names = disk_.list(directory);
  if (!names) {
    report.errors.push_back(names.error().detail);
    return report;
  }
  std::sort(names->begin(), names->end());
  std::set<std::string> known;
  for (const std::string& name : *names) {
    const std::string id = id_of(name, envelope_suffix);
    if (id.empty()) continue;
    if (bucket_of(id) != bucket) {
      put_aside(bucket, name, "in the wrong directory", report);
      continue;
    }
    known.insert(id);
    const std::size_t aside_before = report.aside.size();
    auto loaded = load_envelope(bucket, name, report);
    if (loaded) report.items.push_back(std::move(*loaded));
    const std::string message = id + std::string(message_suffix);
    const bool has_message = std::binary_search(names->begin(), names->end(), message);
    if (!loaded && report.aside.size() > aside_before && has_message) {
      put_aside(bucket, message, "its envelope is damaged", report);
    }
  }
  for (const std::string& name : *names) {
    if (!id_of(name, envelope_suffix).empty()) continue;
    const std::string id = id_of(name, message_suffix);
    if (!id.empty() && known.count(id) != 0) continue;
    if (!id.empty()) {
      const auto moved = disk_.rename(directory, name, aside_.get(), name, false);
      if (moved) ++report.unacknowledged;
      if (!moved) report.errors.push_back(moved.error().detail);
      continue;
    }
    put_aside(bucket, name, "not a queue file", report);
  }
  return report;
}

std::optional<Loaded> Spool::load_envelope(unsigned bucket, const std::string& name, BucketReport& report) {
  const int directory = buckets_[bucket].get();
  auto file = disk_.open(directory, name, Access::read_write);
  if (!file) {
    put_aside(bucket, name, file.error().detail, report);
    return std::nullopt;
  }
  const auto status = disk_.status(file->get());
  if (status && (!status->is_regular || status->size > max_envelope_bytes + max_journal_bytes)) {
    put_aside(bucket, name, "no regular file or too long", report);
    return std::nullopt;
  }
  const auto content = loop::read_whole(disk_, file->get(), max_envelope_bytes + max_journal_bytes);
  if (!content) {  // EIO may pass: the file stays, the message waits for the next start
    report.errors.push_back(name + ": " + content.error().detail);
    return std::nullopt;
  }
  auto head = decode_envelope(*content);
  const bool is_its_own = head && head->envelope.queue_id + std::string(envelope_suffix) == name;
  if (!head || !is_its_own) {
    put_aside(bucket, name, head ? "belongs to another message" : head.error().detail, report);
    return std::nullopt;
  }
  Loaded loaded{Item(std::move(head->envelope)), 0, false};
  const JournalState journal = replay(loaded.item, std::string_view(*content).substr(head->length), head->length);
  loaded.file_bytes = journal.good_end;
  loaded.damaged = journal.damaged;
  if (journal.damaged) {
    if (keep_copy(name, *content)) report.aside.push_back(name + ": journal damaged, copy kept");
    return loaded;  // the caller writes it anew
  }
  if (journal.good_end < content->size()) {  // a torn tail: cut, and the cut made durable, before anything follows
    ++report.torn;
    (void)keep_copy(name, *content);
    const auto cut = disk_.truncate(file->get(), journal.good_end);
    const auto synced = disk_.sync_data(file->get());
    if (!cut || !synced) loaded.damaged = true;
  }
  return loaded;
}

void Spool::put_aside(unsigned bucket, const std::string& name, const std::string& reason, BucketReport& report) {
  const int directory = buckets_[bucket].get();
  const std::string fresh = name.substr(0, 200) + "." + hex32(crc32c(name + reason));
  const auto moved = disk_.rename(directory, name, aside_.get(), fresh, false);
  if (!moved) {
    report.errors.push_back(name + ": " + reason + "; " + moved.error().detail);
    return;
  }
  report.aside.push_back(name + ": " + reason);
}

bool Spool::keep_copy(const std::string& name, const std::string& content) {
  auto file = disk_.open_unnamed(aside_.get());
  if (!file) return false;
  const auto written = disk_.write_at(file->get(), content, 0);
  if (!written) return false;
  const auto synced = disk_.sync_data(file->get());
  if (!synced) return false;
  const auto linked = disk_.link_open_file(file->get(), aside_.get(), name + "." + hex32(crc32c(content)));
  return linked.has_value() || loop::is_taken(linked.error());
}

}  // namespace mailtree::queue
