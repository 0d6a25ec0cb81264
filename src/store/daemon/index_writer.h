// SPDX-License-Identifier: Apache-2.0
// The writing side of a partition's index. Unsynced and disposable: a failure here never fails mail. One transaction a
// commit; LMDB serialises writers, so any pool thread may publish the account it is working on.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/daemon/entry.h"
#include "store/daemon/index_environment.h"
#include "store/daemon/index_rows.h"
#include "store/index_format.h"

namespace mailtree::store {

class Partition;

struct IndexOptions {
  std::string directory;  // the partition's own directory is made below it
  std::string partition_id;
  std::uint64_t device = 0;  // of the partition's file system
  // Of the partition as it is open now, and as `owner` said that it was open before.
  std::uint64_t generation = 0, previous_generation = 0;
  std::string instance, previous_instance;
  std::string newest_instance;  // the last before us that anything is known of, also outside the partition
  bool in_doubt = false;        // what is known outside the partition contradicts `owner`, or is missing
  std::size_t map_bytes = std::size_t{64} << 30;      // address space, not memory or disk
  std::size_t max_map_bytes = std::size_t{1} << 40;   // up to which it grows
};

// For the index of `partition` below `directory`.
IndexOptions index_options(const Partition& partition, const std::string& directory);

constexpr std::int64_t crash_seconds = 60;        // two crashes in this time set an index aside
constexpr std::size_t max_indexes_aside = 2;      // older ones are removed
constexpr std::uint64_t index_reserve = 16U << 20;  // free octets of the disk without which no index is begun

class IndexWriter {
 public:
  // Trusted is the index of exactly the opening of the partition before ours, of the same boot and device. Any other is
  // removed, and one begun anew under another path, with the memory of what the old one had shown (table `witness`) if
  // it can be read. One that LMDB found ruined, or crashed on twice, is kept as <path>.aside-N. An error: there can be
  // none now, e.g. for want of room; absent() may take its place.
  static Result<std::unique_ptr<IndexWriter>> open(const IndexOptions& options);
  // Takes nothing and shows nothing: every write fails, temporarily.
  static std::unique_ptr<IndexWriter> absent();
  ~IndexWriter();
  IndexWriter(const IndexWriter&) = delete;
  IndexWriter& operator=(const IndexWriter&) = delete;

  [[nodiscard]] bool is_absent() const { return environment_ == nullptr; }
  [[nodiscard]] const std::string& path() const;  // for IndexReader::open; empty if absent
  // Whether all that was shown of the partition since that generation is remembered here.
  [[nodiscard]] bool covers(std::uint64_t generation) const { return generation >= covers_from_; }

  // Nothing if the account was never published, as far as this index knows. Any thread.
  [[nodiscard]] std::optional<Shown> shown(AccountKey key);
  // \Recent bounds are not always in the log: those of the rows, which stand for the same log, complete them.
  void restore_recent(AccountKey key, AccountState& state);
  // For a state that has lost records: no UID that the rows know is given out again. Any thread.
  void restore_uidnext(AccountKey key, AccountState& state);

  // All rows anew. May take long (1 s for a million messages); readers see the account when it is complete.
  Result<void> publish_all(const IndexedAccount& account, const AccountState& state, const LogPosition& position);
  // What `entries` changed; `state` is after them. One transaction, but for the rows of removed folders: they go some
  // thousand at a time, after the folder's own, without which readers see no part of it. After an error call remove():
  // the rows are as before.
  Result<void> publish(const IndexedAccount& account, const AccountState& state, const std::vector<Entry>& entries,
                       const LogPosition& position);
  // In transactions of some thousand rows, the account's own first: from then on readers see no part of it. A removal
  // that was cut short is finished by the next one, or by publish_all(). If it cannot even begin, the index is given
  // up: old rows must not be taken for the account.
  Result<void> remove(AccountKey key);
  // Where the rows of a published account say something else than `state`, as text for operators; at most `limit`.
  [[nodiscard]] std::vector<std::string> differences(AccountKey key, const AccountState& state, std::size_t limit);
  // False once somebody has removed or replaced its files: what is written here reaches no new reader any more.
  [[nodiscard]] bool is_in_place() const;
  // Nobody believes it any more: it has to be begun anew.
  void give_up();
  [[nodiscard]] bool is_given_up() const;
  // A write did not fit into the largest map.
  [[nodiscard]] bool is_full() const { return full_; }
  // Readers or LMDB found it ruined, or crashed on it twice: it has to be set aside.
  [[nodiscard]] bool is_in_trouble() const;
  // How many transactions the index has seen; for statistics.
  [[nodiscard]] std::uint64_t transactions() const;
  // Frees the slots of readers that were killed: they would keep old pages from being used again.
  void check_readers();

 private:
  IndexWriter() = default;
  template <typename Work>
  Result<void> write(AccountKey key, std::size_t most_map_bytes, const Work& work);

  std::unique_ptr<IndexEnvironment> environment_;  // null: absent
  std::uint64_t covers_from_ = ~std::uint64_t{0};
  std::size_t max_map_bytes_ = 0;
  std::atomic<bool> full_ = false;
};

}  // namespace mailtree::store
