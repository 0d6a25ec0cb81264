// SPDX-License-Identifier: Apache-2.0
// One LMDB environment as stored uses it: opened, grown, given up. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>

#include "base/result.h"
#include "store/index_format.h"
#include "store/index_trouble.h"

struct MDB_env;
struct MDB_txn;

namespace mailtree::store {

// What an index belongs to, in its row `meta`.
struct IndexMeta {
  std::string partition_id;
  std::string boot_id;
  std::uint64_t device = 0;      // of the partition's file system
  std::uint64_t generation = 0;  // of the partition when it was opened last
  std::string instance;          // random, another one each time the partition is opened
  // All that was shown of the partition since it was opened in this generation stands here or in the witness table.
  std::uint64_t covers_from = 0;
};

class IndexEnvironment {
 public:
  enum class Use {
    begin,  // new, in an empty directory
    write,  // one that is there
    look,   // one that is there; nothing is changed
  };
  static Result<std::unique_ptr<IndexEnvironment>> open(const std::string& path, Use use, std::size_t map_bytes);
  ~IndexEnvironment();
  IndexEnvironment(const IndexEnvironment&) = delete;
  IndexEnvironment& operator=(const IndexEnvironment&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] MDB_env* lmdb() const { return environment_; }
  [[nodiscard]] unsigned table(IndexTable table) const { return tables_[table]; }
  [[nodiscard]] const IndexTrouble& trouble() const { return trouble_; }
  [[nodiscard]] const std::optional<IndexMeta>& meta() const { return meta_; }
  Result<void> put_meta(const IndexMeta& meta);

  // The map must not change under a transaction: each holds this shared.
  [[nodiscard]] std::shared_mutex& gate() { return gate_; }
  // LMDB reads it from the map: only with the gate.
  [[nodiscard]] std::size_t map_bytes() const;
  // After MDB_MAP_FULL in a map of `seen` octets: true if it is larger now. Waits for transactions; not within one.
  bool grow(std::size_t seen, std::size_t most);

  // Notes a failure that means ruin, and gives the index up.
  void heed(int code);
  // From now on no reader believes it, and no later process trusts it. Costs no octet of the disk.
  void give_up();
  [[nodiscard]] bool is_given_up() const;
  // False once somebody has removed or replaced its files: what is written here reaches no new reader any more.
  [[nodiscard]] bool is_in_place() const;

 private:
  explicit IndexEnvironment(const std::string& path) : path_(path), trouble_(path) {}
  Result<void> open(Use use, std::size_t map_bytes);
  Result<void> open_tables(MDB_txn* transaction, Use use);

  const std::string path_;
  const IndexTrouble trouble_;
  MDB_env* environment_ = nullptr;
  unsigned tables_[index_tables]{};
  std::optional<IndexMeta> meta_;
  std::shared_mutex gate_;
  int file_ = -1;                         // of its data; LMDB's own
  std::uint64_t device_ = 0, inode_ = 0;  // of its data
};

}  // namespace mailtree::store
