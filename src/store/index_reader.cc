// SPDX-License-Identifier: Apache-2.0
// IndexReader: each call is one read transaction on a slot that is kept and renewed.
#include "store/index_reader.h"

#include <sys/stat.h>

#include "store/file_name.h"
#include "store/index_format.h"
#include "store/index_trouble.h"
#include "store/lmdb_read.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

Error index_error(const char* what, int code) {
  return Error::temporary(Condition::unavailable, std::string("index ") + what + ": " + mdb_strerror(code));
}
Error not_published() {
  return Error::temporary(Condition::unavailable, "account is not in the index");
}
Error no_mailbox() {
  return Error::permanent(Condition::no_such_mailbox, "No such mailbox");
}

}  // namespace

class IndexReader::Impl {
 public:
  explicit Impl(const std::string& path) : trouble_(path) {}
  ~Impl() {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
    if (environment_ != nullptr) mdb_env_close(environment_);
  }

  Result<void> open(const std::string& path) {
    const IndexTrouble::Inside inside(trouble_);
    int code = mdb_env_create(&environment_);
    if (code == 0) code = mdb_env_set_maxdbs(environment_, index_tables);
    if (code == 0) code = mdb_env_open(environment_, path.c_str(), MDB_RDONLY | MDB_NOTLS, 0600);
    if (code == 0) code = mdb_env_get_fd(environment_, &file_);
    if (code == 0) code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction_);
    for (unsigned i = 0; code == 0 && i < index_tables; ++i) {
      code = mdb_dbi_open(transaction_, index_table_names[i], 0, &tables_[i]);
    }
    if (code == 0 && !is_of_this_version()) code = MDB_INCOMPATIBLE;
    if (code != 0) return failure("open", code);
    mdb_txn_commit(transaction_);  // keeps the table handles
    transaction_ = nullptr;
    code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction_);
    if (code != 0) return failure("begin", code);
    mdb_txn_reset(transaction_);
    return {};
  }

  struct Reading {
    MDB_txn* transaction;
    ~Reading() { mdb_txn_reset(transaction); }
  };

  // One read transaction around `look`, whose result counts only if LMDB did not fail meanwhile: to its calls a
  // failure looks like the end of a table.
  template <typename T, typename F>
  Result<T> read(const F& look) {
    const IndexTrouble::Inside inside(trouble_);
    if (is_given_up()) return Error::temporary(Condition::unavailable, "the index was given up");
    code_ = mdb_txn_renew(transaction_);
    if (code_ == MDB_MAP_RESIZED) {
      mdb_env_set_mapsize(environment_, 0);
      code_ = mdb_txn_renew(transaction_);
    }
    if (code_ != 0) return failure("read", code_);
    const Reading reading{transaction_};
    Result<T> result = look();
    if (code_ != 0) return failure("read", code_);
    return result;
  }

  std::optional<std::string_view> get(IndexTable table, std::string_view key) {
    MDB_val k = lmdb_value(key);
    MDB_val v{};
    const int code = mdb_get(transaction_, tables_[table], &k, &v);
    if (code != 0) {
      if (code != MDB_NOTFOUND) note(code);
      return std::nullopt;
    }
    return content(table, key, lmdb_view(v));
  }

  // Nothing, and the read fails, if the checksum says that this is not what was written under this key.
  std::optional<std::string_view> content(IndexTable table, std::string_view key, std::string_view value) {
    if (!is_sealed(table)) return value;
    const auto found = unsealed(key, value);
    if (!found) note(MDB_CORRUPTED);
    return found;
  }
  void note(int code) {
    if (code_ == 0) code_ = code;
  }
  // A row whose checksum holds and that does not parse: what is returned does not matter, the read has failed.
  Error damaged_row() {
    note(MDB_CORRUPTED);
    return index_error("row", MDB_CORRUPTED);
  }

  // The account's row is the last to come and the first to go: without it the others are a part only.
  bool is_published(AccountKey key) { return get(account_table, account_prefix(key)).has_value(); }

  // `last`: set to the uid of its last message.
  Result<FolderRow> folder(AccountKey key, FolderId id, Uid* last = nullptr) {
    const auto value = get(folder_table, folder_prefix(key, id));
    if (!value) {
      const auto all = folders(key);
      return all ? no_mailbox() : all.error();
    }
    if (!is_published(key)) return not_published();
    auto row = decode_folder(id, *value, last);
    if (!row) return damaged_row();
    return std::move(*row);
  }

  Result<std::vector<FolderRow>> folders(AccountKey key) {
    const std::string prefix = account_prefix(key);
    const auto account = get(account_table, prefix);
    if (!account) return not_published();
    std::uint32_t count = 0;
    if (!decode_account(*account, nullptr, &count)) return damaged_row();
    std::vector<FolderRow> rows;
    Cursor cursor(transaction_, tables_[folder_table]);
    for (bool there = cursor.seek(prefix); there && cursor.has_prefix(prefix); there = cursor.next()) {
      const FolderId id = OctetReader(lmdb_view(cursor.key).substr(prefix.size())).big<FolderId>();
      const auto value = content(folder_table, lmdb_view(cursor.key), lmdb_view(cursor.value));
      auto row = value ? decode_folder(id, *value) : std::nullopt;
      if (!row) return damaged_row();
      rows.push_back(std::move(*row));
    }
    note(cursor.code());
    if (rows.size() != count) return damaged_row();
    return rows;
  }

  // `visit` false ends. Each row names the one before it, the folder's (`end`) the last: one that is missing is missed.
  template <typename F>
  void walk(AccountKey key, FolderId id, Uid first, Uid last, Uid end, const F& visit) {
    const std::string prefix = folder_prefix(key, id);
    Cursor cursor(transaction_, tables_[message_table]);
    Uid seen = 0;
    const auto follows = [&seen, first](Uid before) { return seen == 0 ? before < first : before == seen; };
    for (bool there = cursor.seek(message_key(key, id, first)); there && cursor.has_prefix(prefix);
         there = cursor.next()) {
      const Uid uid = OctetReader(lmdb_view(cursor.key).substr(prefix.size())).big<Uid>();
      const auto value = content(message_table, lmdb_view(cursor.key), lmdb_view(cursor.value));
      if (!value) return;
      Uid before = 0;
      const auto row = decode_message(uid, *value, &before);
      if (!row || !follows(before)) return note(MDB_CORRUPTED);
      if (uid > last || !visit(*row)) return;
      seen = uid;
    }
    note(cursor.code());
    if (seen == 0 ? end >= first : end != seen) note(MDB_CORRUPTED);
  }

  // take(name, value) for each row of rights or annotations; one that is missing is missed.
  template <typename F>
  void walk_named(IndexTable table, AccountKey key, FolderId id, std::uint32_t count, const F& take) {
    const std::string prefix = folder_prefix(key, id);
    Cursor cursor(transaction_, tables_[table]);
    std::uint32_t found = 0;
    for (bool there = cursor.seek(prefix); there && cursor.has_prefix(prefix); there = cursor.next()) {
      const auto value = content(table, lmdb_view(cursor.key), lmdb_view(cursor.value));
      if (!value) return;
      take(std::string(lmdb_view(cursor.key).substr(prefix.size())), std::string(*value));
      ++found;
    }
    note(cursor.code());
    if (found != count) note(MDB_CORRUPTED);
  }

  [[nodiscard]] MDB_txn* transaction() const { return transaction_; }
  [[nodiscard]] MDB_dbi table(IndexTable table) const { return tables_[table]; }

 private:
  Error failure(const char* what, int code) {
    if (means_ruin(code)) trouble_.note(TroubleNote::Kind::ruin);
    return index_error(what, code);
  }
  bool is_of_this_version() {
    const auto meta = get(meta_table, meta_key);
    return meta && OctetReader(*meta).little<std::uint32_t>() == index_version;
  }
  // stored takes the right to write from an index that nobody may believe any more: one system call, no octet of the
  // disk, and it reaches those who have the file open.
  [[nodiscard]] bool is_given_up() const {
    struct stat status {};
    return ::fstat(file_, &status) != 0 || (status.st_mode & S_IWUSR) == 0;
  }

  IndexTrouble trouble_;
  MDB_env* environment_ = nullptr;
  mdb_filehandle_t file_ = -1;
  MDB_txn* transaction_ = nullptr;
  MDB_dbi tables_[index_tables]{};
  int code_ = 0;  // what LMDB said in the transaction that runs
};

IndexReader::IndexReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexReader::~IndexReader() = default;

Result<std::unique_ptr<IndexReader>> IndexReader::open(const std::string& path) {
  auto impl = std::make_unique<Impl>(path);
  const Result<void> opened = impl->open(path);
  if (!opened) return opened.error();
  return std::unique_ptr<IndexReader>(new IndexReader(std::move(impl)));
}

Result<AccountRow> IndexReader::account(AccountKey key) const {
  return impl_->read<AccountRow>([&]() -> Result<AccountRow> {
    const auto value = impl_->get(account_table, account_prefix(key));
    if (!value) return not_published();
    auto row = decode_account(*value);
    if (!row) return impl_->damaged_row();
    return std::move(*row);
  });
}

Result<std::vector<FolderRow>> IndexReader::folders(AccountKey key) const {
  return impl_->read<std::vector<FolderRow>>([&] { return impl_->folders(key); });
}

Result<FolderRow> IndexReader::folder(AccountKey key, FolderId id) const {
  return impl_->read<FolderRow>([&] { return impl_->folder(key, id); });
}

Result<FolderRow> IndexReader::for_each(AccountKey key, FolderId id, Uid first, Uid last, const Visit& visit) const {
  return impl_->read<FolderRow>([&]() -> Result<FolderRow> {
    Uid end = 0;
    auto row = impl_->folder(key, id, &end);
    if (row) impl_->walk(key, id, first, last, end, visit);
    return row;
  });
}

Result<std::vector<MessageRow>> IndexReader::messages(AccountKey key, FolderId id, Uid first, Uid last,
                                                      std::size_t limit) const {
  std::vector<MessageRow> rows;
  const auto collect = [&rows, limit](const MessageRow& row) {
    if (rows.size() >= limit) return false;
    rows.push_back(row);
    return true;
  };
  const auto folder_row = for_each(key, id, first, last, collect);
  if (!folder_row) return folder_row.error();
  return rows;
}

Result<MessageRow> IndexReader::message(AccountKey key, FolderId id, Uid uid) const {
  return impl_->read<MessageRow>([&]() -> Result<MessageRow> {
    Uid end = 0;
    const auto folder = impl_->folder(key, id, &end);  // the rows of a folder that was deleted go after its own
    if (!folder) return folder.error();
    std::optional<MessageRow> found;
    const auto take = [&found](const MessageRow& row) {
      found = row;
      return false;
    };
    impl_->walk(key, id, uid, uid, end, take);
    if (found) return *found;
    return Error::permanent(Condition::no_such_message, "No such message");
  });
}

Result<std::vector<AclEntry>> IndexReader::acl(AccountKey key, FolderId id) const {
  return impl_->read<std::vector<AclEntry>>([&]() -> Result<std::vector<AclEntry>> {
    const auto folder = impl_->folder(key, id);
    if (!folder) return folder.error();
    std::vector<AclEntry> entries;
    impl_->walk_named(acl_table, key, id, folder->acl_entries, [&entries](std::string identifier, std::string rights) {
      entries.push_back({std::move(identifier), std::move(rights)});
    });
    return entries;
  });
}

Result<std::vector<MetadataEntry>> IndexReader::metadata(AccountKey key, FolderId id) const {
  return impl_->read<std::vector<MetadataEntry>>([&]() -> Result<std::vector<MetadataEntry>> {
    std::uint32_t count = 0;
    if (id == no_folder) {
      const auto value = impl_->get(account_table, account_prefix(key));
      if (!value) return not_published();
      const auto row = decode_account(*value);
      if (!row) return impl_->damaged_row();
      count = row->metadata_entries;
    } else {
      const auto folder = impl_->folder(key, id);
      if (!folder) return folder.error();
      count = folder->metadata_entries;
    }
    std::vector<MetadataEntry> entries;
    impl_->walk_named(metadata_table, key, id, count, [&entries](std::string name, std::string value) {
      entries.push_back({std::move(name), std::move(value)});
    });
    return entries;
  });
}

Result<Changes> IndexReader::changes(AccountKey key, FolderId id, Modseq since, std::size_t limit) const {
  return impl_->read<Changes>([&]() -> Result<Changes> {
    auto row = impl_->folder(key, id);
    if (!row) return row.error();
    Changes changes;
    changes.folder = std::move(*row);
    changes.complete_to = changes.folder.highestmodseq;
    changes.forgotten = since < changes.folder.expunge_horizon;
    const std::string prefix = folder_prefix(key, id);
    Cursor changed(impl_->transaction(), impl_->table(modseq_table));
    for (bool there = changed.seek(modseq_key(key, id, since + 1, 0)); there && changed.has_prefix(prefix);
         there = changed.next()) {
      OctetReader in(lmdb_view(changed.key).substr(prefix.size()));
      const auto modseq = in.big<Modseq>();
      const auto uid = in.big<Uid>();
      if (changes.changed.size() >= limit && changes.changed.back().modseq != modseq) {
        changes.complete_to = changes.changed.back().modseq;
        break;
      }
      const auto value = impl_->get(message_table, message_key(key, id, uid));
      const auto message_row = value ? decode_message(uid, *value) : std::nullopt;
      if (!message_row) return impl_->damaged_row();
      changes.changed.push_back(*message_row);
    }
    impl_->note(changed.code());
    Cursor gone(impl_->transaction(), impl_->table(gone_table));
    for (bool there = gone.seek(modseq_key(key, id, since + 1, 0)); there && gone.has_prefix(prefix);
         there = gone.next()) {
      OctetReader in(lmdb_view(gone.key).substr(prefix.size()));
      if (in.big<Modseq>() > changes.complete_to) break;
      const auto first = in.big<Uid>();
      const auto last = impl_->content(gone_table, lmdb_view(gone.key), lmdb_view(gone.value));
      if (!last) return impl_->damaged_row();
      changes.expunged.push_back({first, OctetReader(*last).big<Uid>()});
    }
    impl_->note(gone.code());
    changes.expunged = normalized(std::move(changes.expunged));
    return changes;
  });
}

std::vector<std::string> keyword_names(const FolderRow& folder, const KeywordSet& set) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < folder.keywords.size(); ++i) {
    if (set.has(i)) names.push_back(folder.keywords[i]);
  }
  return names;
}

std::string message_file_name(const AccountRow& account, const FolderRow& folder, const MessageRow& message) {
  FileName name;
  name.time = message.internal_date;
  name.unique = message.unique;
  name.folder = folder.id;
  name.uid = message.uid;
  name.size = message.size;
  name.crlf_size = message.crlf_size;
  name.flags = message.name_flags;
  return make_file_name(name, account.host);
}

}  // namespace mailtree::store
