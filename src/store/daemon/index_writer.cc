// SPDX-License-Identifier: Apache-2.0
// Publishing rows.
#include "store/daemon/index_writer.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/lmdb_read.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

constexpr std::size_t rows_a_transaction = 5000;  // so that other writers wait milliseconds, not seconds

Error index_error(const char* what, int code) {
  return Error::temporary(Condition::unavailable, std::string("index ") + what + ": " + mdb_strerror(code));
}

AccountRow account_row(const IndexedAccount& account, const AccountState& state) {
  AccountRow row;
  row.name = state.name;
  row.account_path = account.path;
  row.host = state.host;
  row.highestmodseq = state.modseq;
  row.totals = state.totals;
  row.subscriptions.assign(state.subscriptions.begin(), state.subscriptions.end());
  return row;
}

}  // namespace

FolderRow folder_row(const Folder& folder) {
  FolderRow row;
  row.id = folder.id;
  row.name = folder.name;
  row.directory = folder.directory;
  row.uidvalidity = folder.uidvalidity;
  row.uidnext = folder.uidnext;
  row.highestmodseq = folder.highestmodseq;
  row.messages = static_cast<std::uint32_t>(folder.messages.size());
  row.unseen = folder.unseen;
  row.deleted = folder.deleted;
  row.bytes = folder.bytes;
  row.special_use = folder.special_use;
  row.first_recent = folder.first_recent;
  std::string object;
  put_big(object, folder.object);
  row.object_id = "F";
  for (const char octet : object) {
    constexpr const char* digits = "0123456789abcdef";
    row.object_id.push_back(digits[static_cast<unsigned char>(octet) >> 4]);
    row.object_id.push_back(digits[static_cast<unsigned char>(octet) & 15]);
  }
  row.expunge_horizon = folder.expunge_horizon;
  row.keywords = folder.keywords;
  return row;
}

MessageRow message_row(const Folder& folder, const Message& message) {
  MessageRow row;
  row.uid = message.uid;
  row.flags = message.flags;
  row.name_flags = message.name_flags;
  row.keywords = folder.keywords_of(message);
  row.modseq = message.modseq;
  row.internal_date = message.internal_date;
  row.save_date = message.save_date;
  row.size = message.size;
  row.crlf_size = message.crlf_size;
  row.unique = message.unique;
  return row;
}

// One write transaction. The first error sticks; nothing is visible unless commit() succeeds.
class IndexWriter::Writing {
 public:
  Writing(IndexWriter& index, AccountKey key) : index_(index), key_(key) { begin(); }
  ~Writing() {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  void put(IndexTable table, const std::string& key, const std::string& value) {
    if (code_ != 0) return;
    MDB_val k = lmdb_value(key);
    MDB_val v = lmdb_value(value);
    code_ = mdb_put(transaction_, index_.tables_[table], &k, &v, 0);
    ++rows_;
  }
  void erase(IndexTable table, const std::string& key) {
    if (code_ != 0) return;
    MDB_val k = lmdb_value(key);
    const int code = mdb_del(transaction_, index_.tables_[table], &k, nullptr);
    if (code != MDB_NOTFOUND) code_ = code;
  }
  std::optional<std::string_view> get(IndexTable table, const std::string& key) {
    if (code_ != 0) return std::nullopt;
    MDB_val k = lmdb_value(key);
    MDB_val v{};
    if (mdb_get(transaction_, index_.tables_[table], &k, &v) != 0) return std::nullopt;
    return lmdb_view(v);
  }
  // True if more rows than `limit` have to go: the rest stays.
  bool erase_prefix(IndexTable table, const std::string& prefix, std::size_t limit = SIZE_MAX) {
    if (code_ != 0) return false;
    Cursor cursor(transaction_, index_.tables_[table]);
    while (cursor.seek(prefix) && cursor.has_prefix(prefix)) {
      if (limit-- == 0) return true;
      if (!cursor.remove()) {
        code_ = EINVAL;
        return false;
      }
    }
    return false;
  }

  void put_folder(const Folder& folder) {
    put(folder_table, folder_prefix(key_, folder.id), encode_folder(folder_row(folder)));
  }
  void put_message(const Folder& folder, const Message& message) {
    put(message_table, message_key(key_, folder.id, message.uid), encode_message(message_row(folder, message)));
    put(modseq_table, modseq_key(key_, folder.id, message.modseq, message.uid), {});
  }
  // Its modseq row is found by the message row that still stands.
  void erase_message(FolderId folder, Uid uid, bool row_too) {
    const std::string key = message_key(key_, folder, uid);
    const auto value = get(message_table, key);
    const auto row = value ? decode_message(uid, *value) : std::nullopt;
    if (row) erase(modseq_table, modseq_key(key_, folder, row->modseq, uid));
    if (row_too) erase(message_table, key);
  }
  void put_gone(FolderId folder, Modseq modseq, UidRange range) {
    std::string last;
    put_big(last, range.last);
    put(gone_table, modseq_key(key_, folder, modseq, range.first), last);
  }
  // Readers see no part of it once its own row is gone, with the first transaction.
  void erase_folder(FolderId folder) {
    const std::string prefix = folder_prefix(key_, folder);
    erase(folder_table, prefix);
    erase_in_parts({message_table, modseq_table, gone_table}, prefix);
  }
  void erase_account() {
    const std::string prefix = account_prefix(key_);
    erase(account_table, prefix);
    renew();
    erase_in_parts({folder_table, message_table, modseq_table, gone_table}, prefix);
  }

  Result<void> commit() {
    if (code_ == 0) {
      code_ = mdb_txn_commit(transaction_);
      transaction_ = nullptr;
    }
    if (code_ != 0) return index_error("write", code_);
    return {};
  }
  // For long work: commits what there is and begins anew.
  void breathe() {
    if (rows_ >= rows_a_transaction) renew();
  }
  void renew() {
    if (code_ != 0) return;
    code_ = mdb_txn_commit(transaction_);
    transaction_ = nullptr;
    if (code_ == 0) begin();
  }

 private:
  void erase_in_parts(std::initializer_list<IndexTable> tables, const std::string& prefix) {
    for (const IndexTable table : tables) {
      while (erase_prefix(table, prefix, rows_a_transaction)) renew();
    }
  }
  void begin() {
    code_ = mdb_txn_begin(index_.environment_, nullptr, 0, &transaction_);
    if (code_ != 0) transaction_ = nullptr;
    rows_ = 0;
  }

  IndexWriter& index_;
  AccountKey key_;
  MDB_txn* transaction_ = nullptr;
  int code_ = 0;
  std::size_t rows_ = 0;
};

IndexWriter::~IndexWriter() {
  if (environment_ != nullptr) mdb_env_close(environment_);
}

std::optional<Shown> IndexWriter::shown(AccountKey key) {
  Writing writing(*this, key);
  const auto value = writing.get(account_table, account_prefix(key));
  Shown shown;
  auto row = value ? decode_account(*value, &shown.position) : std::nullopt;
  if (!row) return std::nullopt;
  shown.modseq = row->highestmodseq;
  shown.name = std::move(row->name);
  return shown;
}

void IndexWriter::restore_recent(AccountKey key, AccountState& state) {
  Writing writing(*this, key);
  for (auto& [id, folder] : state.folders) {
    const auto value = writing.get(folder_table, folder_prefix(key, id));
    const auto row = value ? decode_folder(id, *value) : std::nullopt;
    if (row && row->first_recent <= folder.uidnext)
      folder.first_recent = std::max(folder.first_recent, row->first_recent);
  }
}

void IndexWriter::restore_uidnext(AccountKey key, AccountState& state) {
  Writing writing(*this, key);
  for (auto& [id, folder] : state.folders) {
    const auto value = writing.get(folder_table, folder_prefix(key, id));
    const auto row = value ? decode_folder(id, *value) : std::nullopt;
    if (row && row->uidvalidity == folder.uidvalidity) folder.uidnext = std::max(folder.uidnext, row->uidnext);
  }
}

Result<void> IndexWriter::publish_all(const IndexedAccount& account, const AccountState& state,
                                      const LogPosition& position) {
  const Result<void> removed = remove(account.key);
  if (!removed) return removed;
  Writing writing(*this, account.key);
  for (const auto& [id, folder] : state.folders) {
    writing.put_folder(folder);
    for (const Message& message : folder.messages) {
      writing.put_message(folder, message);
      writing.breathe();
    }
    for (const Tombstone& gone : folder.tombstones) {
      writing.put_gone(id, gone.modseq, {gone.uid, gone.uid});
      writing.breathe();
    }
  }
  writing.put(account_table, account_prefix(account.key), encode_account(account_row(account, state), position));
  return writing.commit();
}

namespace {

// Which rows a list of entries makes stale.
struct Stale {
  std::map<FolderId, std::set<Uid>> messages;
  std::set<FolderId> folders;
  std::set<FolderId> removed;

  void operator()(const entry::FolderSet& e) { folders.insert(e.id); }
  void operator()(const entry::FolderRemoved& e) { removed.insert(e.id); }
  void operator()(const entry::FolderRenamed& e) { folders.insert(e.id); }
  void operator()(const entry::KeywordAdded& e) { folders.insert(e.folder); }
  void operator()(const entry::RecentMoved& e) { folders.insert(e.folder); }
  void operator()(const entry::FolderFloor& e) { folders.insert(e.folder); }
  void operator()(const entry::Arrived& e) { add(e.folder, {{e.message.uid, e.message.uid}}); }
  void operator()(const entry::Renamed& e) { add(e.folder, {{e.uid, e.uid}}); }
  void operator()(const entry::FlagsChanged& e) { add(e.folder, e.uids); }
  void operator()(const entry::Named& e) { add(e.folder, e.uids); }
  void operator()(const entry::Expunged& e) { add(e.folder, e.uids); }
  template <typename Other>
  void operator()(const Other&) {}

 private:
  void add(FolderId folder, const UidSet& uids) {
    folders.insert(folder);
    std::set<Uid>& set = messages[folder];
    for (const UidRange& range : uids) {
      for (Uid uid = range.first;; ++uid) {
        set.insert(set.end(), uid);
        if (uid == range.last) break;
      }
    }
  }
};

}  // namespace

Result<void> IndexWriter::publish(const IndexedAccount& account, const AccountState& state,
                                  const std::vector<Entry>& entries, const LogPosition& position) {
  Stale stale;
  for (const Entry& entry : entries) std::visit(stale, entry);
  Writing writing(*this, account.key);
  // A large folder takes several transactions. The account's row stays behind until the last: an index that was left in
  // between does not stand for the log and is made anew.
  for (const FolderId id : stale.removed) writing.erase_folder(id);
  for (const auto& [id, uids] : stale.messages) {
    const Folder* const folder = state.find(id);
    if (folder == nullptr) continue;
    for (const Uid uid : uids) {
      const Message* const message = folder->find(uid);
      writing.erase_message(id, uid, message == nullptr);
      if (message != nullptr) writing.put_message(*folder, *message);
    }
  }
  for (const Entry& entry : entries) {
    const auto* const expunged = std::get_if<entry::Expunged>(&entry);
    if (expunged == nullptr || state.find(expunged->folder) == nullptr) continue;
    for (const UidRange& range : expunged->uids) writing.put_gone(expunged->folder, expunged->modseq, range);
  }
  for (const FolderId id : stale.folders) {
    const Folder* const folder = state.find(id);
    if (folder != nullptr) writing.put_folder(*folder);
  }
  writing.put(account_table, account_prefix(account.key), encode_account(account_row(account, state), position));
  return writing.commit();
}

Result<void> IndexWriter::remove(AccountKey key) {
  Writing writing(*this, key);
  writing.erase_account();
  return writing.commit();
}

std::uint64_t IndexWriter::transactions() const {
  MDB_envinfo info{};
  mdb_env_info(environment_, &info);
  return info.me_last_txnid;
}

}  // namespace mailtree::store
