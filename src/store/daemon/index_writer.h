// SPDX-License-Identifier: Apache-2.0
// The writing side of a partition's index. Unsynced and disposable: a failure here never fails mail. One transaction a
// commit; LMDB serialises writers, so any pool thread may publish the account it is working on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/daemon/entry.h"
#include "store/index_format.h"

struct MDB_env;
struct MDB_txn;

namespace mailtree::store {

struct IndexOptions {
  std::string directory;  // the partition's own directory is made below it
  std::string partition_id;
  std::uint64_t generation = 0;
  std::uint64_t device = 0;                       // of the partition's file system
  std::size_t map_bytes = std::size_t{64} << 30;  // address space, not memory or disk
};

// What a row needs to know of an account besides its state.
struct IndexedAccount {
  AccountKey key = 0;
  std::string path;  // relative to the partition
};

class IndexWriter {
 public:
  // An index that may not be trusted (other partition, boot, device, version, or a gap in the generations) is removed
  // and begun anew under another path.
  static Result<std::unique_ptr<IndexWriter>> open(const IndexOptions& options);
  ~IndexWriter();
  IndexWriter(const IndexWriter&) = delete;
  IndexWriter& operator=(const IndexWriter&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }  // for IndexReader::open

  // Nothing if the account is not published. Any thread.
  [[nodiscard]] std::optional<Shown> shown(AccountKey key);
  // \Recent bounds are not always in the log: those of the rows, which stand for the same log, complete them.
  void restore_recent(AccountKey key, AccountState& state);
  // For a state that has lost records: no UID that the rows know is given out again. Any thread.
  void restore_uidnext(AccountKey key, AccountState& state);

  // All rows anew. May take long (1 s for a million messages); readers see the account when it is complete.
  Result<void> publish_all(const IndexedAccount& account, const AccountState& state, const LogPosition& position);
  // What `entries` changed; `state` is after them. One transaction, but for the rows of removed folders: they go some
  // thousand at a time, after the folder's own, without which readers see no part of it.
  Result<void> publish(const IndexedAccount& account, const AccountState& state, const std::vector<Entry>& entries,
                       const LogPosition& position);
  // In transactions of some thousand rows, the account's own first: from then on readers see no part of it. A removal
  // that was cut short is finished by the next one, or by publish_all().
  Result<void> remove(AccountKey key);
  // Where the rows of a published account say something else than `state`, as text for operators; at most `limit`.
  [[nodiscard]] std::vector<std::string> differences(AccountKey key, const AccountState& state, std::size_t limit);
  // False once somebody has removed or replaced its files: what is written here reaches no new reader any more.
  [[nodiscard]] bool is_in_place() const;
  // How many transactions the index has seen; for statistics.
  [[nodiscard]] std::uint64_t transactions() const;
  // Frees the slots of readers that were killed: they would keep old pages from being used again.
  void check_readers();

 private:
  class Writing;
  IndexWriter() = default;
  Result<void> open_environment(const IndexOptions& options, bool fresh);

  std::string path_;
  std::uint64_t device_ = 0, inode_ = 0;  // of its data
  MDB_env* environment_ = nullptr;
  unsigned tables_[index_tables]{};
};

FolderRow folder_row(const Folder& folder);
MessageRow message_row(const Folder& folder, const Message& message);

}  // namespace mailtree::store
