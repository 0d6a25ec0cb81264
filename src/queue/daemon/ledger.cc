// SPDX-License-Identifier: Apache-2.0
// Memory and journal of the queue, kept equal. See ledger.h.
#include "queue/daemon/ledger.h"

#include <algorithm>

#include "log/log.h"

namespace mailtree::queue {
namespace {

using loop::Task;

// The time between the last record and this start counts, but a clock that jumped must not expire everything.
std::chrono::seconds downtime(std::uint64_t then_us, std::uint64_t now_us) {
  constexpr std::uint64_t most_us = 24ULL * 3600 * 1'000'000;
  if (now_us <= then_us) return std::chrono::seconds(0);
  return std::chrono::seconds(std::min(now_us - then_us, most_us) / 1'000'000);
}

}  // namespace

std::uint64_t microseconds(Clock::Wall time) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(time.time_since_epoch().count(), 0));
}

EntryRef Ledger::find(const std::string& queue_id) const {
  const auto found = entries_.find(queue_id);
  return found == entries_.end() ? nullptr : found->second;
}

bool Ledger::knows(const std::string& queue_id) const {
  return entries_.count(queue_id) != 0 || finished_.count(queue_id) != 0;
}

EntryRef Ledger::add(Item item, std::uint64_t file_bytes) {
  auto entry = std::make_shared<Entry>(loop_, std::move(item), file_bytes);
  entry->known_since = clock_.monotonic();
  if (entry->item.finished()) {
    finished_.insert(entry->item.id());
  } else {
    entries_[entry->item.id()] = entry;
  }
  return entry;
}

Task<Result<EntryRef>> Ledger::accept(Envelope envelope, int message) {
  const std::string id = envelope.queue_id;
  if (knows(id)) co_return Error::temporary(Condition::exists, "message is in the queue already");
  if (!being_accepted_.insert(id).second) {
    co_return Error::temporary(Condition::unavailable, "message is being taken over already");
  }
  envelope.queued_at_us = microseconds(clock_.wall());
  auto job = [this, &envelope, message] { return spool_.accept(envelope, message); };
  const auto written = co_await pool_.run(std::move(job));
  being_accepted_.erase(id);
  if (!written) co_return written.error();
  Item item(std::move(envelope));
  EntryRef entry = add(std::move(item), *written);
  entry->verified = true;
  co_return entry;
}

Task<Result<void>> Ledger::record(EntryRef entry, std::vector<Record> records, bool sync) {
  Result<void> outcome;
  co_await entry->turn.enter();
  std::vector<Record> applied;
  for (Record& one : records) {
    if (entry->item.apply(one)) {
      applied.push_back(std::move(one));
    } else {
      log::event(log::Level::error, "queue.record.refused", {{"queue_id", entry->item.id()}, {"kind", one.index()}});
    }
  }
  outcome = co_await write(entry, std::move(applied), sync);
  entry->turn.leave();
  co_return outcome;
}

Task<Result<void>> Ledger::repair(EntryRef entry) {
  Result<void> outcome;
  co_await entry->turn.enter();
  std::vector<Record> none;
  if (entry->needs_rewrite) {
    outcome = co_await write(entry, std::move(none), true);
  }
  entry->turn.leave();
  co_return outcome;
}

// Inside the turnstile. What is in memory is the truth; a file that failed is replaced, never appended to again.
Task<Result<void>> Ledger::write(EntryRef entry, std::vector<Record> records, bool sync) {
  const bool long_journal = entry->file_bytes > journal_rewrite_bytes + encode_envelope(entry->item.envelope()).size();
  if (records.empty() && !entry->needs_rewrite) co_return Result<void>();
  if (!entry->needs_rewrite && !long_journal) {
    auto job = [this, entry, records, sync] {
      return spool_.append(entry->item.id(), entry->file_bytes, records, sync);
    };
    const auto appended = co_await pool_.run(std::move(job));
    if (appended) {
      entry->file_bytes = *appended;
      co_return Result<void>();
    }
    log::event(log::Level::error, "queue.journal.failed",
               {{"queue_id", entry->item.id()}, {"error", appended.error().detail}});
    entry->needs_rewrite = true;
  }
  const Item copy = entry->item;
  auto job = [this, &copy] { return spool_.rewrite(copy); };
  const auto rewritten = co_await pool_.run(std::move(job));
  if (!rewritten) {
    entry->needs_rewrite = true;
    log::event(log::Level::error, "queue.rewrite.failed",
               {{"queue_id", entry->item.id()}, {"error", rewritten.error().detail}});
    co_return rewritten.error();
  }
  entry->file_bytes = *rewritten;
  entry->needs_rewrite = false;
  co_return Result<void>();
}

Task<Result<UniqueFd>> Ledger::open_message(EntryRef entry) {
  const bool verify = !entry->verified;
  auto job = [this, entry, verify] { return spool_.open_message(entry->item.envelope(), verify); };
  auto file = co_await pool_.run(std::move(job));
  if (file) entry->verified = true;
  co_return file;
}

Task<Result<void>> Ledger::finish(EntryRef entry) {
  std::vector<Record> records;
  records.push_back(Finished{microseconds(clock_.wall())});
  const auto recorded = co_await record(entry, std::move(records), true);
  if (!recorded) co_return recorded;
  finished_.insert(entry->item.id());
  entries_.erase(entry->item.id());
  auto job = [this, id = entry->item.id()] { return spool_.remove_message(id); };
  const auto removed = co_await pool_.run(std::move(job));
  if (!removed) log::event(log::Level::error, "queue.remove.failed", {{"error", removed.error().detail}});
  co_return Result<void>();
}

Task<void> Ledger::forget(std::string queue_id) {
  auto job = [this, queue_id] {
    const auto message = spool_.remove_message(queue_id);
    return message ? spool_.remove_envelope(queue_id) : message;
  };
  const auto removed = co_await pool_.run(std::move(job));
  if (!removed) log::event(log::Level::error, "queue.remove.failed", {{"error", removed.error().detail}});
  if (removed) finished_.erase(queue_id);
}

Task<void> Ledger::set_aside(EntryRef entry) {
  const std::string id = entry->item.id();
  auto job = [this, id] { return spool_.move_aside(id); };
  const auto moved = co_await pool_.run(std::move(job));
  log::event(log::Level::alarm, "queue.message.damaged",
             {{"queue_id", id}, {"error", moved ? std::string("moved aside") : moved.error().detail}});
  entries_.erase(id);
}

Task<std::vector<EntryRef>> Ledger::load(unsigned bucket) {
  std::vector<EntryRef> entries;
  if (loaded_[bucket]) co_return entries;
  while (loading_[bucket]) {
    co_await loop::sleep(loop_, std::chrono::milliseconds(50));
  }
  if (loaded_[bucket]) co_return entries;
  loading_[bucket] = true;
  auto job = [this, bucket] { return spool_.load(bucket); };
  BucketReport report = co_await pool_.run(std::move(job));
  loading_[bucket] = false;
  loaded_[bucket] = true;
  entries = take_in(std::move(report));
  co_return entries;
}

std::vector<EntryRef> Ledger::take_in(BucketReport report) {
  std::vector<EntryRef> entries;
  for (const std::string& error : report.errors) {
    log::event(log::Level::alarm, "queue.file.unreadable", {{"error", error}});
  }
  for (const std::string& name : report.aside) log::event(log::Level::alarm, "queue.file.aside", {{"file", name}});
  if (report.unacknowledged > 0) {
    log::event(log::Level::warning, "queue.message.unacknowledged", {{"count", report.unacknowledged}});
  }
  if (report.torn > 0) log::event(log::Level::warning, "queue.journal.torn", {{"count", report.torn}});
  const std::uint64_t now_us = microseconds(clock_.wall());
  for (Loaded& loaded : report.items) {
    if (knows(loaded.item.id())) continue;
    EntryRef entry = add(std::move(loaded.item), loaded.file_bytes);
    entries.push_back(entry);
    entry->from_disk = true;
    entry->needs_rewrite = loaded.damaged;
    entry->suspicion = entry->item.broken_tries();
    entry->age_before = std::chrono::seconds(entry->item.age_seconds()) + downtime(entry->item.age_wall_us(), now_us);
    for (const Index index : entry->item.open()) {
      const std::uint64_t next_us = entry->item.delivery(index).next_us;
      if (next_us <= now_us) continue;
      const auto pause = std::chrono::microseconds(std::min<std::uint64_t>(next_us - now_us, 5ULL * 3600 * 1'000'000));
      entry->due[index] = entry->known_since + pause;
    }
  }
  return entries;
}

}  // namespace mailtree::queue
