// SPDX-License-Identifier: Apache-2.0
// Rows into LMDB and out of it.
#include "store/daemon/index_transaction.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "store/lmdb_read.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

constexpr std::size_t rows_a_transaction = 5000;  // so that other writers wait milliseconds, not seconds

}  // namespace

IndexTransaction::IndexTransaction(IndexEnvironment& environment, AccountKey key)
    : environment_(environment), key_(key), inside_(environment.trouble()), map_stays_(environment.gate()) {
  begin();
}

IndexTransaction::~IndexTransaction() {
  if (transaction_ != nullptr) mdb_txn_abort(transaction_);
  environment_.heed(code_);
}

void IndexTransaction::put(IndexTable table, const std::string& key, const std::string& value) {
  if (code_ != 0) return;
  const std::string row = is_sealed(table) ? sealed(key, value) : value;
  MDB_val k = lmdb_value(key);
  MDB_val v = lmdb_value(row);
  code_ = mdb_put(transaction_, environment_.table(table), &k, &v, 0);
  ++rows_;
}

void IndexTransaction::erase(IndexTable table, const std::string& key) {
  if (code_ != 0) return;
  MDB_val k = lmdb_value(key);
  const int code = mdb_del(transaction_, environment_.table(table), &k, nullptr);
  if (code != MDB_NOTFOUND) code_ = code;
}

std::optional<std::string_view> IndexTransaction::get(IndexTable table, const std::string& key) {
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

bool IndexTransaction::erase_prefix(IndexTable table, const std::string& prefix, std::size_t limit) {
  if (code_ != 0) return false;
  Cursor cursor(transaction_, environment_.table(table));
  while (cursor.seek(prefix) && cursor.has_prefix(prefix)) {
    if (limit-- == 0) return true;
    if (!cursor.remove()) break;
  }
  code_ = cursor.code();
  return false;
}

void IndexTransaction::erase_in_parts(std::initializer_list<IndexTable> tables, const std::string& prefix) {
  for (const IndexTable table : tables) {
    while (erase_prefix(table, prefix, rows_a_transaction)) renew();
  }
}

void IndexTransaction::remember() {
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

void IndexTransaction::put_folder(const Folder& folder) {
  put(folder_table, folder_prefix(key_, folder.id), folder_value(folder));
}

void IndexTransaction::put_message(const Folder& folder, const Message& message) {
  put(message_table, message_key(key_, folder.id, message.uid), message_value(folder, message));
  put(modseq_table, modseq_key(key_, folder.id, message.modseq, message.uid), {});
}

void IndexTransaction::erase_message(FolderId folder, Uid uid, bool row_too) {
  const std::string key = message_key(key_, folder, uid);
  const auto value = get(message_table, key);
  const auto row = value ? decode_message(uid, *value) : std::nullopt;
  if (row) erase(modseq_table, modseq_key(key_, folder, row->modseq, uid));
  if (row_too) erase(message_table, key);
}

void IndexTransaction::chain_anew(const Folder& folder, Uid gone, const std::set<Uid>& already) {
  const auto is_before = [](const Message& message, Uid uid) { return message.uid < uid; };
  const auto next = std::lower_bound(folder.messages.begin(), folder.messages.end(), gone, is_before);
  if (next != folder.messages.end() && !already.contains(next->uid)) put_message(folder, *next);
}

void IndexTransaction::put_gone(FolderId folder, Modseq modseq, UidRange range) {
  std::string last;
  put_big(last, range.last);
  put(gone_table, modseq_key(key_, folder, modseq, range.first), last);
}

void IndexTransaction::put_named(IndexTable table, FolderId folder, const std::map<std::string, std::string>& all,
                                 const std::string& name) {
  const auto found = all.find(name);
  if (found == all.end()) {
    erase(table, named_key(key_, folder, name));
  } else {
    put(table, named_key(key_, folder, name), found->second);
  }
}

void IndexTransaction::put_acl(const Folder& folder, const std::string& identifier) {
  put_named(acl_table, folder.id, folder.acl, identifier);
}

void IndexTransaction::put_metadata(const AccountState& state, FolderId folder, const std::string& name) {
  const Metadata* const all = state.metadata_of(folder);
  if (all != nullptr) put_named(metadata_table, folder, *all, name);
}

void IndexTransaction::erase_folder(FolderId folder) {
  const std::string prefix = folder_prefix(key_, folder);
  if (get(folder_table, prefix)) count_one_folder_less();
  erase(folder_table, prefix);
  erase_in_parts({message_table, modseq_table, gone_table, acl_table, metadata_table}, prefix);
}

void IndexTransaction::erase_account() {
  const std::string prefix = account_prefix(key_);
  remember();
  erase(account_table, prefix);
  renew();
  erase_in_parts({folder_table, message_table, modseq_table, gone_table, acl_table, metadata_table}, prefix);
}

int IndexTransaction::commit() {
  if (code_ == 0) {
    code_ = mdb_txn_commit(transaction_);
    transaction_ = nullptr;
  }
  return code_;
}

void IndexTransaction::breathe() {
  if (rows_ >= rows_a_transaction) renew();
}

void IndexTransaction::renew() {
  if (code_ != 0) return;
  code_ = mdb_txn_commit(transaction_);
  transaction_ = nullptr;
  if (code_ == 0) begin();
}

// The account's row as it is, but for the number of folders: readers miss one that is not there.
void IndexTransaction::count_one_folder_less() {
  const auto value = get(account_table, account_prefix(key_));
  LogPosition position;
  std::uint32_t folders = 0;
  const auto row = value ? decode_account(*value, &position, &folders) : std::nullopt;
  if (row && folders > 0) put(account_table, account_prefix(key_), encode_account(*row, position, folders - 1));
}

void IndexTransaction::begin() {
  code_ = mdb_txn_begin(environment_.lmdb(), nullptr, 0, &transaction_);
  if (code_ != 0) transaction_ = nullptr;
  rows_ = 0;
}

}  // namespace mailtree::store
