// SPDX-License-Identifier: Apache-2.0
// The rows of one account against its state.
#include <algorithm>
#include <map>
#include <shared_mutex>

#include "store/daemon/index_writer.h"
#include "store/lmdb_read.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

class Comparison {
 public:
  Comparison(MDB_txn* transaction, const IndexEnvironment& environment, AccountKey key, std::size_t limit)
      : transaction_(transaction), environment_(environment), key_(key), limit_(limit) {}

  void compare(const AccountState& state) {
    const auto value = get(account_table, account_prefix(key_));
    const auto row = value ? decode_account(*value) : std::nullopt;
    if (!row) return say("the account has no row");
    if (row->totals != state.totals || row->highestmodseq != state.modseq) say("totals or MODSEQ of the account");
    compare_folders(state);
    compare_named(metadata_table, no_folder, state.metadata, "annotations of the account");
    for (const auto& [id, folder] : state.folders) {
      compare_messages(folder);
      compare_modseqs(folder);
      compare_named(acl_table, id, folder.acl, folder.name + ": rights");
      compare_named(metadata_table, id, folder.metadata, folder.name + ": annotations");
    }
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::optional<std::string_view> get(IndexTable table, const std::string& key) {
    MDB_val k = lmdb_value(key);
    MDB_val v{};
    if (mdb_get(transaction_, environment_.table(table), &k, &v) != 0) return std::nullopt;
    if (!is_sealed(table)) return lmdb_view(v);
    return unsealed(key, lmdb_view(v));
  }
  void say(std::string text) {
    if (found_.size() < limit_) found_.push_back(std::move(text));
  }

  void compare_folders(const AccountState& state) {
    for (const auto& [id, folder] : state.folders) {
      const auto value = get(folder_table, folder_prefix(key_, id));
      if (!value) {
        say(folder.name + ": the folder has no row");
      } else if (*value != folder_value(folder)) {
        say(folder.name + ": the folder's row differs");
      }
    }
    const std::string prefix = account_prefix(key_);
    Cursor cursor(transaction_, environment_.table(folder_table));
    std::size_t rows = 0;
    for (bool more = cursor.seek(prefix); more && cursor.has_prefix(prefix); more = cursor.next()) ++rows;
    if (rows != state.folders.size()) say(std::to_string(rows) + " rows of folders");
  }

  // Both are in order of uid.
  void compare_messages(const Folder& folder) {
    const std::string prefix = folder_prefix(key_, folder.id);
    Cursor cursor(transaction_, environment_.table(message_table));
    bool found = cursor.seek(prefix);
    const auto more = [&] { return found && cursor.has_prefix(prefix); };
    const auto step = [&] { found = cursor.next(); };
    const auto uid_here = [&] { return OctetReader(lmdb_view(cursor.key).substr(prefix.size())).big<Uid>(); };
    const auto name = [&](Uid uid) { return folder.name + ": uid " + std::to_string(uid); };
    for (const Message& message : folder.messages) {
      for (; more() && uid_here() < message.uid; step()) say(name(uid_here()) + " is only in the index");
      if (!more() || uid_here() != message.uid) {
        say(name(message.uid) + " is not in the index");
        continue;
      }
      const auto row = unsealed(lmdb_view(cursor.key), lmdb_view(cursor.value));
      if (row != message_value(folder, message)) say(name(message.uid) + " differs");
      step();
    }
    for (; more(); step()) say(name(uid_here()) + " is only in the index");
  }

  void compare_named(IndexTable table, FolderId id, const std::map<std::string, std::string>& all,
                     const std::string& what) {
    const std::string prefix = folder_prefix(key_, id);
    std::map<std::string, std::string> rows;
    Cursor cursor(transaction_, environment_.table(table));
    for (bool more = cursor.seek(prefix); more && cursor.has_prefix(prefix); more = cursor.next()) {
      const auto value = unsealed(lmdb_view(cursor.key), lmdb_view(cursor.value));
      if (value) rows.emplace(lmdb_view(cursor.key).substr(prefix.size()), *value);
    }
    if (rows != all) say(what + " differ");
  }

  void compare_modseqs(const Folder& folder) {
    std::size_t found = 0;
    for (const Message& message : folder.messages) {
      if (get(modseq_table, modseq_key(key_, folder.id, message.modseq, message.uid))) ++found;
    }
    const std::string prefix = folder_prefix(key_, folder.id);
    Cursor cursor(transaction_, environment_.table(modseq_table));
    std::size_t rows = 0;
    for (bool more = cursor.seek(prefix); more && cursor.has_prefix(prefix); more = cursor.next()) ++rows;
    if (found != folder.messages.size() || rows != found) say(folder.name + ": rows by MODSEQ differ");
  }

  MDB_txn* transaction_;
  const IndexEnvironment& environment_;
  AccountKey key_;
  std::size_t limit_;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> IndexWriter::differences(AccountKey key, const AccountState& state, std::size_t limit) {
  if (!environment_) return {"there is no index"};
  const IndexTrouble::Inside inside(environment_->trouble());
  const std::shared_lock map_stays(environment_->gate());
  MDB_txn* transaction = nullptr;
  const int code = mdb_txn_begin(environment_->lmdb(), nullptr, MDB_RDONLY, &transaction);
  if (code != 0) return {std::string("the index cannot be read: ") + mdb_strerror(code)};
  Comparison comparison(transaction, *environment_, key, limit);
  comparison.compare(state);
  mdb_txn_abort(transaction);
  return comparison.take();
}

}  // namespace mailtree::store
