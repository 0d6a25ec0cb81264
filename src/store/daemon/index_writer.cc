// SPDX-License-Identifier: Apache-2.0
// Publishing rows.
#include "store/daemon/index_writer.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

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
  row.listed_ns = account.listed_ns;
  return row;
}

std::string account_value(const IndexedAccount& account, const AccountState& state, const LogPosition& position) {
  return encode_account(account_row(account, state), position, static_cast<std::uint32_t>(state.folders.size()));
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

std::string folder_value(const Folder& folder) {
  return encode_folder(folder_row(folder), folder.messages.empty() ? 0 : folder.messages.back().uid);
}

std::string message_value(const Folder& folder, const Message& message) {
  const bool is_first = &message == folder.messages.data();
  return encode_message(message_row(folder, message), is_first ? 0 : (&message)[-1].uid);
}

// One write transaction. The first error sticks; nothing is visible unless commit() succeeds. Row by row the map stays
// as it is.
class IndexWriter::Writing {
 public:
  Writing(IndexEnvironment& environment, AccountKey key)
      : environment_(environment), key_(key), inside_(environment.trouble()), map_stays_(environment.gate()) {
    begin();
  }
  ~Writing() {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
    environment_.heed(code_);
  }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

  void put(IndexTable table, const std::string& key, const std::string& value) {
    if (code_ != 0) return;
    const std::string row = is_sealed(table) ? sealed(key, value) : value;
    MDB_val k = lmdb_value(key);
    MDB_val v = lmdb_value(row);
    code_ = mdb_put(transaction_, environment_.table(table), &k, &v, 0);
    ++rows_;
  }
  void erase(IndexTable table, const std::string& key) {
    if (code_ != 0) return;
    MDB_val k = lmdb_value(key);
    const int code = mdb_del(transaction_, environment_.table(table), &k, nullptr);
    if (code != MDB_NOTFOUND) code_ = code;
  }
  std::optional<std::string_view> get(IndexTable table, const std::string& key) {
    if (code_ != 0) return std::nullopt;
    MDB_val k = lmdb_value(key);
    MDB_val v{};
    const int code = mdb_get(transaction_, environment_.table(table), &k, &v);
    if (code != 0) {
      if (code != MDB_NOTFOUND) code_ = code;
      return std::nullopt;
    }
    if (!is_sealed(table)) return lmdb_view(v);
    const auto value = unsealed(key, lmdb_view(v));
    if (!value) code_ = MDB_CORRUPTED;
    return value;
  }
  // True if more rows than `limit` have to go: the rest stays.
  bool erase_prefix(IndexTable table, const std::string& prefix, std::size_t limit = SIZE_MAX) {
    if (code_ != 0) return false;
    Cursor cursor(transaction_, environment_.table(table));
    while (cursor.seek(prefix) && cursor.has_prefix(prefix)) {
      if (limit-- == 0) return true;
      if (!cursor.remove()) break;
    }
    code_ = cursor.code();
    return false;
  }
  // What the account shows is remembered after its rows are gone.
  void remember() {
    const std::string prefix = account_prefix(key_);
    const auto account = get(account_table, prefix);
    if (!account) return;
    std::vector<std::pair<std::string, std::string>> rows = {{prefix, std::string(*account)}};
    Cursor cursor(transaction_, environment_.table(folder_table));
    for (bool there = cursor.seek(prefix); there && cursor.has_prefix(prefix); there = cursor.next()) {
      const auto value = unsealed(lmdb_view(cursor.key), lmdb_view(cursor.value));
      if (value) rows.emplace_back(lmdb_view(cursor.key), *value);
    }
    if (code_ == 0) code_ = cursor.code();
    for (const auto& [key, value] : rows) put(witness_table, key, value);
  }

  void put_folder(const Folder& folder) {
    put(folder_table, folder_prefix(key_, folder.id), folder_value(folder));
  }
  void put_message(const Folder& folder, const Message& message) {
    put(message_table, message_key(key_, folder.id, message.uid), message_value(folder, message));
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
  // The row behind a message that is gone has another one before it now; those of `already` are written anyway.
  void chain_anew(const Folder& folder, Uid gone, const std::set<Uid>& already) {
    const auto is_before = [](const Message& message, Uid uid) { return message.uid < uid; };
    const auto next = std::lower_bound(folder.messages.begin(), folder.messages.end(), gone, is_before);
    if (next != folder.messages.end() && !already.contains(next->uid)) put_message(folder, *next);
  }
  void put_gone(FolderId folder, Modseq modseq, UidRange range) {
    std::string last;
    put_big(last, range.last);
    put(gone_table, modseq_key(key_, folder, modseq, range.first), last);
  }
  // Readers see no part of it once its own row is gone, with the first transaction.
  void erase_folder(FolderId folder) {
    const std::string prefix = folder_prefix(key_, folder);
    if (get(folder_table, prefix)) count_one_folder_less();
    erase(folder_table, prefix);
    erase_in_parts({message_table, modseq_table, gone_table}, prefix);
  }
  void erase_account() {
    const std::string prefix = account_prefix(key_);
    remember();
    erase(account_table, prefix);
    renew();
    erase_in_parts({folder_table, message_table, modseq_table, gone_table}, prefix);
  }

  // Of LMDB; 0 = everything is visible.
  int commit() {
    if (code_ == 0) {
      code_ = mdb_txn_commit(transaction_);
      transaction_ = nullptr;
    }
    return code_;
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
  // The account's row as it is, but for the number of folders: readers miss one that is not there.
  void count_one_folder_less() {
    const auto value = get(account_table, account_prefix(key_));
    LogPosition position;
    std::uint32_t folders = 0;
    const auto row = value ? decode_account(*value, &position, &folders) : std::nullopt;
    if (row && folders > 0) put(account_table, account_prefix(key_), encode_account(*row, position, folders - 1));
  }
  void erase_in_parts(std::initializer_list<IndexTable> tables, const std::string& prefix) {
    for (const IndexTable table : tables) {
      while (erase_prefix(table, prefix, rows_a_transaction)) renew();
    }
  }
  void begin() {
    code_ = mdb_txn_begin(environment_.lmdb(), nullptr, 0, &transaction_);
    if (code_ != 0) transaction_ = nullptr;
    rows_ = 0;
  }

  IndexEnvironment& environment_;
  AccountKey key_;
  const IndexTrouble::Inside inside_;
  const std::shared_lock<std::shared_mutex> map_stays_;
  MDB_txn* transaction_ = nullptr;
  int code_ = 0;
  std::size_t rows_ = 0;
};

IndexWriter::~IndexWriter() = default;

const std::string& IndexWriter::path() const {
  static const std::string none;
  return environment_ ? environment_->path() : none;
}

// Once more, from its beginning, each time the map was full and is larger now.
template <typename Work>
Result<void> IndexWriter::write(AccountKey key, std::size_t most_map_bytes, const Work& work) {
  if (!environment_) return Error::temporary(Condition::unavailable, "there is no index");
  for (;;) {
    const std::size_t map_bytes = environment_->map_bytes();
    int code = 0;
    {
      Writing writing(*environment_, key);
      work(writing);
      code = writing.commit();
    }
    if (code == 0) return {};
    if (code != MDB_MAP_FULL) return index_error("write", code);
    if (!environment_->grow(map_bytes, most_map_bytes)) {
      full_ = true;
      return index_error("write", code);
    }
  }
}

std::optional<Shown> IndexWriter::shown(AccountKey key) {
  if (!environment_) return std::nullopt;
  Writing writing(*environment_, key);
  Shown shown;
  const auto own = writing.get(account_table, account_prefix(key));
  shown.published = own.has_value();
  const auto value = own ? own : writing.get(witness_table, account_prefix(key));
  auto row = value ? decode_account(*value, &shown.position) : std::nullopt;
  if (!row) return std::nullopt;
  shown.modseq = row->highestmodseq;
  shown.name = std::move(row->name);
  shown.listed_ns = row->listed_ns;
  return shown;
}

void IndexWriter::restore_recent(AccountKey key, AccountState& state) {
  if (!environment_) return;
  Writing writing(*environment_, key);
  for (auto& [id, folder] : state.folders) {
    const auto value = writing.get(folder_table, folder_prefix(key, id));
    const auto row = value ? decode_folder(id, *value) : std::nullopt;
    if (row && row->first_recent <= folder.uidnext)
      folder.first_recent = std::max(folder.first_recent, row->first_recent);
  }
}

void IndexWriter::restore_uidnext(AccountKey key, AccountState& state) {
  if (!environment_) return;
  Writing writing(*environment_, key);
  for (auto& [id, folder] : state.folders) {
    for (const IndexTable table : {folder_table, witness_table}) {
      const auto value = writing.get(table, folder_prefix(key, id));
      const auto row = value ? decode_folder(id, *value) : std::nullopt;
      if (row && row->uidvalidity == folder.uidvalidity) folder.uidnext = std::max(folder.uidnext, row->uidnext);
    }
  }
}

Result<void> IndexWriter::publish_all(const IndexedAccount& account, const AccountState& state,
                                      const LogPosition& position) {
  const Result<void> removed = remove(account.key);
  if (!removed) return removed;
  return write(account.key, max_map_bytes_, [&](Writing& writing) {
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
    writing.put(account_table, account_prefix(account.key), account_value(account, state, position));
  });
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
  return write(account.key, max_map_bytes_, [&](Writing& writing) {
    // A large folder takes several transactions. The account's row stays behind until the last: an index that was left
    // in between does not stand for the log and is made anew.
    for (const FolderId id : stale.removed) writing.erase_folder(id);
    for (const auto& [id, uids] : stale.messages) {
      const Folder* const folder = state.find(id);
      if (folder == nullptr) continue;
      for (const Uid uid : uids) {
        const Message* const message = folder->find(uid);
        writing.erase_message(id, uid, message == nullptr);
        if (message != nullptr) writing.put_message(*folder, *message);
        if (message == nullptr) writing.chain_anew(*folder, uid, uids);
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
    writing.put(account_table, account_prefix(account.key), account_value(account, state, position));
  });
}

Result<void> IndexWriter::remove(AccountKey key) {
  // Room for taking away is made beyond the limit: where everything is full, a removal needs new pages too.
  const std::size_t most = max_map_bytes_ + max_map_bytes_ / 16 + (std::size_t{1} << 20);
  const Result<void> removed = write(key, most, [](Writing& writing) { writing.erase_account(); });
  if (!removed) give_up();
  return removed;
}

bool IndexWriter::is_in_place() const {
  return !environment_ || environment_->is_in_place();
}

void IndexWriter::give_up() {
  if (environment_) environment_->give_up();
}

bool IndexWriter::is_given_up() const {
  return environment_ && environment_->is_given_up();
}

std::uint64_t IndexWriter::transactions() const {
  if (!environment_) return 0;
  MDB_envinfo info{};
  mdb_env_info(environment_->lmdb(), &info);
  return info.me_last_txnid;
}

void IndexWriter::check_readers() {
  if (!environment_) return;
  const IndexTrouble::Inside inside(environment_->trouble());
  int dead = 0;
  mdb_reader_check(environment_->lmdb(), &dead);
}

}  // namespace mailtree::store
