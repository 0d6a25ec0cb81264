// SPDX-License-Identifier: Apache-2.0
// Publishing rows.
#include "store/daemon/index_writer.h"

#include <algorithm>
#include <map>
#include <set>
#include <shared_mutex>

#include "store/daemon/index_transaction.h"
#include "store/lmdb_read.h"

namespace mailtree::store {
namespace {

Error index_error(const char* what, int code) {
  return Error::temporary(Condition::unavailable, std::string("index ") + what + ": " + mdb_strerror(code));
}

}  // namespace

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
    std::size_t map_bytes = 0;
    int code = 0;
    {
      IndexTransaction writing(*environment_, key);
      map_bytes = environment_->map_bytes();
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
  IndexTransaction writing(*environment_, key);
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
  IndexTransaction writing(*environment_, key);
  for (auto& [id, folder] : state.folders) {
    const auto value = writing.get(folder_table, folder_prefix(key, id));
    const auto row = value ? decode_folder(id, *value) : std::nullopt;
    if (row && row->first_recent <= folder.uidnext)
      folder.first_recent = std::max(folder.first_recent, row->first_recent);
  }
}

void IndexWriter::restore_uidnext(AccountKey key, AccountState& state) {
  if (!environment_) return;
  IndexTransaction writing(*environment_, key);
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
  return write(account.key, max_map_bytes_, [&](IndexTransaction& writing) {
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
      for (const auto& [identifier, rights] : folder.acl) writing.put_acl(folder, identifier);
      for (const auto& [name, value] : folder.metadata) writing.put_metadata(state, id, name);
      writing.breathe();
    }
    for (const auto& [name, value] : state.metadata) writing.put_metadata(state, no_folder, name);
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
  void operator()(const entry::SetAcl& e) { folders.insert(e.folder); }
  void operator()(const entry::SetMetadata& e) { folders.insert(e.folder); }
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
  return write(account.key, max_map_bytes_, [&](IndexTransaction& writing) {
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
    for (const Entry& entry : entries) {
      const auto* const acl = std::get_if<entry::SetAcl>(&entry);
      const Folder* const folder = acl == nullptr ? nullptr : state.find(acl->folder);
      if (folder != nullptr) writing.put_acl(*folder, acl->identifier);
      const auto* const metadata = std::get_if<entry::SetMetadata>(&entry);
      if (metadata != nullptr) writing.put_metadata(state, metadata->folder, metadata->name);
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
  const Result<void> removed = write(key, most, [](IndexTransaction& writing) { writing.erase_account(); });
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
  const std::shared_lock map_stays(environment_->gate());
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
