// SPDX-License-Identifier: Apache-2.0
// The queue's directory. All calls block (WorkerPool jobs); different messages may be worked on at once.
//   <directory>/queue.toml               marker; a directory with content and without it is not ours
//   <directory>/messages/<hh>/<id>.message    octets as accepted, never changed
//   <directory>/messages/<hh>/<id>.envelope   envelope and journal; its name is the commit
//   <directory>/aside/                   what could not be understood, and messages never acknowledged; never deleted
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"
#include "queue/item.h"

namespace mailtree::queue {

// How long a finished transaction is remembered on disk, so that a repetition is answered and not delivered again.
constexpr std::chrono::seconds repeat_window{600};
constexpr std::size_t max_journal_bytes = 64u << 20;
constexpr std::uint64_t journal_rewrite_bytes = 1u << 20;  // a longer journal is written anew, as its shortest form
constexpr unsigned bucket_count = 256;

struct Loaded {
  Item item;
  std::uint64_t file_bytes = 0;  // where the next record goes
  bool damaged = false;          // the journal had bad lines: a copy lies aside, and it should be written anew
};

struct BucketReport {
  std::vector<Loaded> items;
  std::vector<std::string> aside;  // names moved away because they were damaged or unknown: alarm
  std::uint64_t unacknowledged = 0;  // messages without envelope: their submitter was never answered
  std::uint64_t torn = 0;            // journals cut at their last whole record; a copy lies aside
  std::vector<std::string> errors;   // what could not even be read: left where it is, to be looked at
};

class Spool {
 public:
  // Makes the layout in an empty directory, refuses one that is not a queue.
  static Result<std::unique_ptr<Spool>> open(loop::Disk& disk, const std::string& directory);

  Result<UniqueFd> new_message_file();

  // Takes `message` (readable, exactly envelope.message_bytes long) under envelope.queue_id. Fills in its hash, or
  // compares it when it is given. When it returns, message and envelope are durable. Returns the size of the envelope
  // file. Condition::exists: that id is here already; Condition::damaged: size or hash differ.
  Result<std::uint64_t> accept(Envelope& envelope, int message);

  // The message for reading. With `verify`, its hash is compared first (once after each start): Condition::damaged.
  Result<UniqueFd> open_message(const Envelope& envelope, bool verify);

  // Appends records at `offset`; returns the new end. After a failure nothing more may be appended to this file:
  // only rewrite() helps (a failed sync is final).
  Result<std::uint64_t> append(const std::string& queue_id, std::uint64_t offset, const std::vector<Record>& records,
                               bool sync);
  // Replaces the envelope file by envelope and shortest journal.
  Result<std::uint64_t> rewrite(const Item& item);

  Result<void> remove_message(const std::string& queue_id);   // after `finished` is durable
  Result<void> remove_envelope(const std::string& queue_id);  // after repeat_window
  Result<void> move_aside(const std::string& queue_id);       // message and envelope

  // Reads one of the bucket_count directories, at start. Damage is handled file by file.
  BucketReport load(unsigned bucket);

  static unsigned bucket_of(const std::string& queue_id);
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  Spool(loop::Disk& disk, std::string directory) : disk_(disk), directory_(std::move(directory)) {}
  Result<void> prepare();
  Result<void> check_marker(const std::vector<std::string>& names);
  Result<UniqueFd> open_or_make(int parent, const std::string& name);
  [[nodiscard]] int bucket_fd(const std::string& queue_id) const { return buckets_[bucket_of(queue_id)].get(); }
  Result<void> place_message(const Envelope& envelope, int message);
  Result<void> take_leftover(const Envelope& envelope);
  Result<UniqueFd> copy(int message, std::uint64_t size);
  Result<std::uint64_t> write_envelope(const std::string& queue_id, const std::string& content, bool replace);
  Result<std::string> hash(int fd, std::uint64_t size);
  std::optional<Loaded> load_envelope(unsigned bucket, const std::string& name, BucketReport& report);
  void put_aside(unsigned bucket, const std::string& name, const std::string& reason, BucketReport& report);
  bool keep_copy(const std::string& name, const std::string& content);

  loop::Disk& disk_;
  std::string directory_;
  UniqueFd root_, messages_, aside_;
  std::array<UniqueFd, bucket_count> buckets_;
};

}  // namespace mailtree::queue
