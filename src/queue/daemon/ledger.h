// SPDX-License-Identifier: Apache-2.0
// Ledger: all messages of the queue in memory, and the only way their state changes: each change goes to the journal.
// A change that could not be written stays in memory; the whole file is written anew before the message moves on.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "loop/worker_pool.h"
#include "queue/daemon/turnstile.h"
#include "queue/spool.h"

namespace mailtree::queue {

struct Entry {
  Entry(loop::Loop& loop, Item i, std::uint64_t bytes) : item(std::move(i)), file_bytes(bytes), turn(loop) {}

  Item item;
  std::uint64_t file_bytes;
  Turnstile turn;             // one writer of the file at a time
  bool needs_rewrite = false;
  bool from_disk = false;     // read at start: its earlier attempts may have got through
  bool verified = false;      // the message's hash was compared, or the message was accepted in this run
  bool being_worked_on = false;
  std::uint32_t suspicion = 0;  // broken tries at start: tried alone
  std::set<Index> busy;       // recipients that wait for, or are in, an attempt elsewhere
  std::map<Index, Clock::Monotonic> due;         // of open recipients that were put off; absent = at once
  std::map<Index, std::string> address_at_host;  // where the recipient's name at its host is another one
  std::chrono::seconds age_before{0};            // at `known_since`
  Clock::Monotonic known_since{};

  [[nodiscard]] std::chrono::seconds age(Clock::Monotonic now) const {
    return age_before + std::chrono::duration_cast<std::chrono::seconds>(now - known_since);
  }
};
using EntryRef = std::shared_ptr<Entry>;

class Ledger {
 public:
  Ledger(loop::Loop& loop, loop::WorkerPool& pool, Spool& spool, const Clock& clock)
      : loop_(loop), pool_(pool), spool_(spool), clock_(clock) {}

  // Durable when it returns. Condition::exists: known already.
  loop::Task<Result<EntryRef>> accept(Envelope envelope, int message);

  // Applies the records and appends them to the journal. An error means: in force, but not yet on disk.
  loop::Task<Result<void>> record(EntryRef entry, std::vector<Record> records, bool sync);
  // Tries to put on disk what could not be written before.
  loop::Task<Result<void>> repair(EntryRef entry);

  // The message, read-only; compares its hash the first time after a start.
  loop::Task<Result<UniqueFd>> open_message(EntryRef entry);

  // All recipients are done and everybody was told: the message goes, the envelope stays for repeat_window.
  loop::Task<Result<void>> finish(EntryRef entry);
  loop::Task<void> forget(std::string queue_id);       // after repeat_window
  loop::Task<void> set_aside(EntryRef entry);  // damaged: out of the queue, kept on disk

  // Reads one bucket of the queue, once, and returns what it held, finished messages included.
  loop::Task<std::vector<EntryRef>> load(unsigned bucket);
  [[nodiscard]] bool is_loaded(unsigned bucket) const { return loaded_[bucket]; }

  [[nodiscard]] EntryRef find(const std::string& queue_id) const;  // null if not there, or finished
  [[nodiscard]] bool knows(const std::string& queue_id) const;     // here, or finished a short while ago
  [[nodiscard]] const std::map<std::string, EntryRef>& entries() const { return entries_; }
  [[nodiscard]] std::size_t unfinished() const { return entries_.size(); }

 private:
  EntryRef add(Item item, std::uint64_t file_bytes);
  std::vector<EntryRef> take_in(BucketReport report);
  loop::Task<Result<void>> write(EntryRef entry, std::vector<Record> records, bool sync);

  loop::Loop& loop_;
  loop::WorkerPool& pool_;
  Spool& spool_;
  const Clock& clock_;
  std::map<std::string, EntryRef> entries_;    // by queue id
  std::unordered_set<std::string> finished_;   // ids whose envelope still lies there
  std::set<std::string> being_accepted_;
  std::array<bool, bucket_count> loaded_{}, loading_{};
};

std::uint64_t microseconds(Clock::Wall time);

}  // namespace mailtree::queue
