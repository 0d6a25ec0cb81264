// SPDX-License-Identifier: Apache-2.0
// One write transaction of the index, or several behind each other where the work is long; whole rows with their
// checksums and their chains. One thread, which must not have another one open.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "store/daemon/index_environment.h"
#include "store/daemon/index_rows.h"
#include "store/index_format.h"
#include "store/types.h"

namespace mailtree::store {

// The first error sticks, and what is asked after it does nothing; nothing is visible unless commit() succeeds. The map
// stays as it is while one lives.
class IndexTransaction {
 public:
  // The rows of folders, messages and expunges are those of account `key`.
  IndexTransaction(IndexEnvironment& environment, AccountKey key);
  ~IndexTransaction();
  IndexTransaction(const IndexTransaction&) = delete;
  IndexTransaction& operator=(const IndexTransaction&) = delete;

  void put(IndexTable table, const std::string& key, const std::string& value);
  void erase(IndexTable table, const std::string& key);
  // Good until the next change. Nothing if there is no such row, or if its checksum says that it is ruined (an error).
  std::optional<std::string_view> get(IndexTable table, const std::string& key);

  void put_folder(const Folder& folder);
  void put_message(const Folder& folder, const Message& message);
  // Its modseq row is found by the message row that still stands.
  void erase_message(FolderId folder, Uid uid, bool row_too);
  // The row behind a message that is gone has another one before it now; those of `already` are written anyway.
  void chain_anew(const Folder& folder, Uid gone, const std::set<Uid>& already);
  void put_gone(FolderId folder, Modseq modseq, UidRange range);
  // As the folder, or the account, has it now: the row of an entry that is gone goes.
  void put_acl(const Folder& folder, const std::string& identifier);
  void put_metadata(const AccountState& state, FolderId folder, const std::string& name);
  // Readers see no part of it once its own row is gone, with the first transaction.
  void erase_folder(FolderId folder);
  // What the account shows is remembered (table `witness`) after its rows are gone.
  void erase_account();

  // Of LMDB; 0 = everything is visible. The last call.
  int commit();
  // For long work: commits what there is and begins anew, if it has become much.
  void breathe();

 private:
  void put_named(IndexTable table, FolderId folder, const std::map<std::string, std::string>& all,
                 const std::string& name);
  // True if more rows than `limit` have to go: the rest stays.
  bool erase_prefix(IndexTable table, const std::string& prefix, std::size_t limit);
  void erase_in_parts(std::initializer_list<IndexTable> tables, const std::string& prefix);
  void remember();
  void count_one_folder_less();
  void begin();
  void renew();

  IndexEnvironment& environment_;
  AccountKey key_;
  const IndexTrouble::Inside inside_;
  const std::shared_lock<std::shared_mutex> map_stays_;
  MDB_txn* transaction_ = nullptr;
  int code_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace mailtree::store
