// SPDX-License-Identifier: Apache-2.0
// Rows of the index as LMDB keys and values, for both its sides. Disposable: a change here needs a new index_version
// and no migration. Keys are big-endian, so that LMDB's order is numeric order.
//   meta     "meta"                         -> IndexMeta
//   account  account(8)                     -> AccountRow, LogPosition
//   folder   account(8) folder(4)           -> FolderRow
//   message  account(8) folder(4) uid(4)    -> MessageRow without uid
//   modseq   account(8) folder(4) modseq(8) uid(4) -> nothing
//   gone     account(8) folder(4) modseq(8) uid(4) -> last uid(4): the range that was expunged
//   witness  account(8), account(8) folder(4) -> AccountRow, FolderRow as they were last shown, of accounts whose rows
//            were taken away: nobody is shown these, they tell stored an older account from the one that was shown
//   acl      account(8) folder(4) identifier      -> rights
//   metadata account(8) folder(4) name            -> value; folder 0: of the account itself. These may be long
// All rows but those of meta and modseq end with a CRC-32C over key and value: LMDB has no checksums.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "store/index_reader.h"

namespace mailtree::store {

constexpr std::uint32_t index_version = 5;
constexpr unsigned index_tables = 9;
constexpr const char* index_table_names[index_tables] = {"meta", "account", "folder", "message", "modseq",
                                                         "gone", "witness", "acl",    "metadata"};
enum IndexTable : unsigned {
  meta_table,
  account_table,
  folder_table,
  message_table,
  modseq_table,
  gone_table,
  witness_table,
  acl_table,
  metadata_table
};
constexpr const char* meta_key = "meta";  // its row begins with index_version (4), whatever follows

constexpr bool is_sealed(unsigned table) {
  return table != meta_table && table != modseq_table;
}
std::string sealed(std::string_view key, std::string value);
// The value without its checksum; nothing if it does not belong to this key.
std::optional<std::string_view> unsealed(std::string_view key, std::string_view value);

// Where the log stood when the rows were written.
struct LogPosition {
  std::uint64_t log_id = 0;
  std::uint64_t octets = 0;
  std::uint32_t crc = 0;  // of the last frame
  friend bool operator==(const LogPosition&, const LogPosition&) = default;
};

// Up to where an account was shown: what its rows stand for.
struct Shown {
  LogPosition position;
  Modseq modseq = 0;
  AccountName name;
  bool published = false;      // the rows are there; else only the memory of them
  std::int64_t listed_ns = 0;  // AccountRow::listed_ns
};

std::string account_prefix(AccountKey key);
std::string folder_prefix(AccountKey key, FolderId folder);
std::string message_key(AccountKey key, FolderId folder, Uid uid);
std::string modseq_key(AccountKey key, FolderId folder, Modseq modseq, Uid uid);
// Of acl and metadata. LMDB takes keys of up to 511 octets.
std::string named_key(AccountKey key, FolderId folder, std::string_view name);

// So that a row that LMDB does not find any more is missed: the account's row says how many folders there are, that of
// a folder the uid of its last message, that of a message the uid of the one before it (0: none). Account and folder
// say how many rows of rights and annotations they have.
std::string encode_account(const AccountRow& row, const LogPosition& position, std::uint32_t folders = 0);
std::optional<AccountRow> decode_account(std::string_view value, LogPosition* position = nullptr,
                                         std::uint32_t* folders = nullptr);
std::string encode_folder(const FolderRow& row, Uid last = 0);
std::optional<FolderRow> decode_folder(FolderId id, std::string_view value, Uid* last = nullptr);
std::string encode_message(const MessageRow& row, Uid before = 0);
std::optional<MessageRow> decode_message(Uid uid, std::string_view value, Uid* before = nullptr);

}  // namespace mailtree::store
