// SPDX-License-Identifier: Apache-2.0
// IndexReader: each call is one read transaction on a slot that is kept and renewed.
#include "store/index_reader.h"

#include "store/file_name.h"
#include "store/index_format.h"
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
Error damaged_row() {
  return Error::temporary(Condition::damaged, "index row does not parse");
}
Error no_mailbox() {
  return Error::permanent(Condition::no_such_mailbox, "No such mailbox");
}

}  // namespace

class IndexReader::Impl {
 public:
  ~Impl() {
    if (transaction_ != nullptr) mdb_txn_abort(transaction_);
    if (environment_ != nullptr) mdb_env_close(environment_);
  }

  Result<void> open(const std::string& path) {
    int code = mdb_env_create(&environment_);
    if (code == 0) code = mdb_env_set_maxdbs(environment_, index_tables);
    if (code == 0) code = mdb_env_open(environment_, path.c_str(), MDB_RDONLY | MDB_NOTLS, 0600);
    if (code == 0) code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction_);
    for (unsigned i = 0; code == 0 && i < index_tables; ++i) {
      code = mdb_dbi_open(transaction_, index_table_names[i], 0, &tables_[i]);
    }
    if (code != 0) return index_error("open", code);
    mdb_txn_commit(transaction_);  // keeps the table handles
    transaction_ = nullptr;
    code = mdb_txn_begin(environment_, nullptr, MDB_RDONLY, &transaction_);
    if (code != 0) return index_error("begin", code);
    mdb_txn_reset(transaction_);
    return {};
  }

  class Reading {
   public:
    explicit Reading(Impl& impl) : impl_(impl), code_(mdb_txn_renew(impl.transaction_)) {
      if (code_ == MDB_MAP_RESIZED) {
        mdb_env_set_mapsize(impl.environment_, 0);
        code_ = mdb_txn_renew(impl.transaction_);
      }
    }
    ~Reading() {
      if (code_ == 0) mdb_txn_reset(impl_.transaction_);
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    [[nodiscard]] int code() const { return code_; }

   private:
    Impl& impl_;
    int code_;
  };

  std::optional<std::string_view> get(IndexTable table, std::string_view key) {
    MDB_val k = lmdb_value(key);
    MDB_val v{};
    if (mdb_get(transaction_, tables_[table], &k, &v) != 0) return std::nullopt;
    return lmdb_view(v);
  }

  // The account's row is the last to come and the first to go: without it the others are a part only.
  bool is_published(AccountKey key) { return get(account_table, account_prefix(key)).has_value(); }

  Result<FolderRow> folder(AccountKey key, FolderId id) {
    if (!is_published(key)) return not_published();
    const auto value = get(folder_table, folder_prefix(key, id));
    if (!value) return no_mailbox();
    auto row = decode_folder(id, *value);
    if (!row) return damaged_row();
    return std::move(*row);
  }

  // `visit` false ends; false returned = a row did not parse.
  template <typename F>
  bool walk(AccountKey key, FolderId id, Uid first, Uid last, const F& visit) {
    const std::string prefix = folder_prefix(key, id);
    Cursor cursor(transaction_, tables_[message_table]);
    for (bool there = cursor.seek(message_key(key, id, first)); there && cursor.has_prefix(prefix);
         there = cursor.next()) {
      const Uid uid = OctetReader(lmdb_view(cursor.key).substr(prefix.size())).big<Uid>();
      if (uid > last) break;
      const auto row = decode_message(uid, lmdb_view(cursor.value));
      if (!row) return false;
      if (!visit(*row)) break;
    }
    return true;
  }

  [[nodiscard]] MDB_txn* transaction() const { return transaction_; }
  [[nodiscard]] MDB_dbi table(IndexTable table) const { return tables_[table]; }

 private:
  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
  MDB_dbi tables_[index_tables]{};
};

IndexReader::IndexReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexReader::~IndexReader() = default;

Result<std::unique_ptr<IndexReader>> IndexReader::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  const Result<void> opened = impl->open(path);
  if (!opened) return opened.error();
  return std::unique_ptr<IndexReader>(new IndexReader(std::move(impl)));
}

Result<AccountRow> IndexReader::account(AccountKey key) const {
  const Impl::Reading reading(*impl_);
  if (reading.code() != 0) return index_error("read", reading.code());
  const auto value = impl_->get(account_table, account_prefix(key));
  if (!value) return not_published();
  auto row = decode_account(*value);
  if (!row) return damaged_row();
  return std::move(*row);
}

Result<std::vector<FolderRow>> IndexReader::folders(AccountKey key) const {
  const Impl::Reading reading(*impl_);
  if (reading.code() != 0) return index_error("read", reading.code());
  const std::string prefix = account_prefix(key);
  if (!impl_->is_published(key)) return not_published();
  std::vector<FolderRow> rows;
  Cursor cursor(impl_->transaction(), impl_->table(folder_table));
  for (bool there = cursor.seek(prefix); there && cursor.has_prefix(prefix); there = cursor.next()) {
    const FolderId id = OctetReader(lmdb_view(cursor.key).substr(prefix.size())).big<FolderId>();
    auto row = decode_folder(id, lmdb_view(cursor.value));
    if (!row) return damaged_row();
    rows.push_back(std::move(*row));
  }
  return rows;
}

Result<FolderRow> IndexReader::folder(AccountKey key, FolderId id) const {
  const Impl::Reading reading(*impl_);
  if (reading.code() != 0) return index_error("read", reading.code());
  return impl_->folder(key, id);
}

Result<FolderRow> IndexReader::for_each(AccountKey key, FolderId id, Uid first, Uid last, const Visit& visit) const {
  const Impl::Reading reading(*impl_);
  if (reading.code() != 0) return index_error("read", reading.code());
  auto row = impl_->folder(key, id);
  if (!row) return row.error();
  if (!impl_->walk(key, id, first, last, visit)) return damaged_row();
  return row;
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
  const Impl::Reading reading(*impl_);
  if (reading.code() != 0) return index_error("read", reading.code());
  const auto folder_row = impl_->folder(key, id);  // the rows of a folder that was deleted go after its own
  if (!folder_row) return folder_row.error();
  const auto value = impl_->get(message_table, message_key(key, id, uid));
  if (!value) return Error::permanent(Condition::no_such_message, "No such message");
  const auto row = decode_message(uid, *value);
  if (!row) return damaged_row();
  return *row;
}

Result<Changes> IndexReader::changes(AccountKey key, FolderId id, Modseq since, std::size_t limit) const {
  const Impl::Reading reading(*impl_);
  if (reading.code() != 0) return index_error("read", reading.code());
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
    if (!message_row) return damaged_row();
    changes.changed.push_back(*message_row);
  }
  Cursor gone(impl_->transaction(), impl_->table(gone_table));
  for (bool there = gone.seek(modseq_key(key, id, since + 1, 0)); there && gone.has_prefix(prefix);
       there = gone.next()) {
    OctetReader in(lmdb_view(gone.key).substr(prefix.size()));
    if (in.big<Modseq>() > changes.complete_to) break;
    const auto first = in.big<Uid>();
    changes.expunged.push_back({first, OctetReader(lmdb_view(gone.value)).big<Uid>()});
  }
  changes.expunged = normalized(std::move(changes.expunged));
  return changes;
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
