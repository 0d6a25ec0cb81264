// SPDX-License-Identifier: Apache-2.0
// Encoding of index rows.
#include "store/index_format.h"

#include "store/crc32c.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {
constexpr std::size_t max_text = 8192;
}

std::string sealed(std::string_view key, std::string value) {
  put_little(value, crc32c(crc32c(0, key), value));
  return value;
}

std::optional<std::string_view> unsealed(std::string_view key, std::string_view value) {
  if (value.size() < sizeof(std::uint32_t)) return std::nullopt;
  const std::string_view content = value.substr(0, value.size() - sizeof(std::uint32_t));
  const auto crc = OctetReader(value.substr(content.size())).little<std::uint32_t>();
  if (crc32c(crc32c(0, key), content) != crc) return std::nullopt;
  return content;
}

std::string account_prefix(AccountKey key) {
  std::string out;
  put_big(out, key);
  return out;
}

std::string folder_prefix(AccountKey key, FolderId folder) {
  std::string out = account_prefix(key);
  put_big(out, folder);
  return out;
}

std::string message_key(AccountKey key, FolderId folder, Uid uid) {
  std::string out = folder_prefix(key, folder);
  put_big(out, uid);
  return out;
}

std::string modseq_key(AccountKey key, FolderId folder, Modseq modseq, Uid uid) {
  std::string out = folder_prefix(key, folder);
  put_big(out, modseq);
  put_big(out, uid);
  return out;
}

std::string named_key(AccountKey key, FolderId folder, std::string_view name) {
  return folder_prefix(key, folder).append(name);
}

std::string encode_account(const AccountRow& row, const LogPosition& position, std::uint32_t folders) {
  std::string out;
  put_little(out, position.log_id);
  put_little(out, position.octets);
  put_little(out, position.crc);
  for (const std::string* text :
       {&row.name.domain, &row.name.uid, &row.name.entry_uuid, &row.account_path, &row.host}) {
    put_string(out, *text);
  }
  put_varint(out, folders);
  put_varint(out, row.highestmodseq);
  put_varint(out, row.totals.bytes);
  put_varint(out, row.totals.messages);
  put_varint(out, row.subscriptions.size());
  for (const std::string& name : row.subscriptions) put_string(out, name);
  put_varint(out, static_cast<std::uint64_t>(row.listed_ns));
  put_varint(out, row.metadata_entries);
  return out;
}

std::optional<AccountRow> decode_account(std::string_view value, LogPosition* position, std::uint32_t* folders) {
  OctetReader in(value);
  LogPosition at;
  at.log_id = in.little<std::uint64_t>();
  at.octets = in.little<std::uint64_t>();
  at.crc = in.little<std::uint32_t>();
  if (position != nullptr) *position = at;
  AccountRow row;
  for (std::string* text : {&row.name.domain, &row.name.uid, &row.name.entry_uuid, &row.account_path, &row.host}) {
    *text = in.string(max_text);
  }
  const auto count = in.number<std::uint32_t>();
  if (folders != nullptr) *folders = count;
  row.highestmodseq = in.varint();
  row.totals.bytes = in.varint();
  row.totals.messages = in.varint();
  const std::uint64_t names = in.varint();
  for (std::uint64_t i = 0; i < names && in.ok(); ++i) row.subscriptions.push_back(in.string(max_text));
  row.listed_ns = static_cast<std::int64_t>(in.varint());
  row.metadata_entries = in.number<std::uint32_t>();
  if (!in.finished()) return std::nullopt;
  return row;
}

std::string encode_folder(const FolderRow& row, Uid last) {
  std::string out;
  put_varint(out, last);
  put_string(out, row.name);
  put_string(out, row.directory);
  put_string(out, row.object_id);
  for (const std::uint64_t number :
       {std::uint64_t{row.uidvalidity}, std::uint64_t{row.uidnext}, row.highestmodseq, std::uint64_t{row.messages},
        std::uint64_t{row.unseen}, std::uint64_t{row.deleted}, row.bytes, std::uint64_t{row.special_use},
        std::uint64_t{row.first_recent}, row.expunge_horizon, std::uint64_t{row.acl_entries},
        std::uint64_t{row.metadata_entries}, std::uint64_t{row.keywords.size()}}) {
    put_varint(out, number);
  }
  for (const std::string& keyword : row.keywords) put_string(out, keyword);
  return out;
}

std::optional<FolderRow> decode_folder(FolderId id, std::string_view value, Uid* last) {
  OctetReader in(value);
  const auto last_uid = in.number<Uid>();
  if (last != nullptr) *last = last_uid;
  FolderRow row;
  row.id = id;
  row.name = in.string(max_text);
  row.directory = in.string(max_text);
  row.object_id = in.string(max_text);
  row.uidvalidity = in.number<std::uint32_t>();
  row.uidnext = in.number<Uid>();
  row.highestmodseq = in.varint();
  row.messages = in.number<std::uint32_t>();
  row.unseen = in.number<std::uint32_t>();
  row.deleted = in.number<std::uint32_t>();
  row.bytes = in.varint();
  row.special_use = in.number<std::uint8_t>();
  row.first_recent = in.number<Uid>();
  row.expunge_horizon = in.varint();
  row.acl_entries = in.number<std::uint32_t>();
  row.metadata_entries = in.number<std::uint32_t>();
  const std::uint64_t keywords = in.varint(max_keywords);
  for (std::uint64_t i = 0; i < keywords && in.ok(); ++i) row.keywords.push_back(in.string(max_text));
  if (!in.finished()) return std::nullopt;
  return row;
}

std::string encode_message(const MessageRow& row, Uid before) {
  std::string out;
  put_varint(out, row.uid - before);
  out.push_back(static_cast<char>(row.flags));
  out.push_back(static_cast<char>(row.name_flags));
  out.append(reinterpret_cast<const char*>(row.unique.data()), row.unique.size());
  put_little(out, row.thread);
  put_varint(out, row.modseq);
  put_varint(out, static_cast<std::uint64_t>(row.internal_date));
  put_varint(out, static_cast<std::uint64_t>(row.save_date));
  put_varint(out, row.size);
  put_varint(out, row.crlf_size - row.size);
  if (!row.keywords.empty()) {
    for (const std::uint64_t bits : row.keywords.bits) put_varint(out, bits);
  }
  return out;
}

std::optional<MessageRow> decode_message(Uid uid, std::string_view value, Uid* before) {
  OctetReader in(value);
  const auto distance = in.number<Uid>();
  if (before != nullptr) *before = uid - distance;
  MessageRow row;
  row.uid = uid;
  row.flags = in.little<std::uint8_t>();
  row.name_flags = in.little<std::uint8_t>();
  const std::string_view unique = in.take(row.unique.size());
  for (std::size_t i = 0; i < unique.size(); ++i) row.unique[i] = static_cast<unsigned char>(unique[i]);
  row.thread = in.little<ThreadId>();
  row.modseq = in.varint();
  row.internal_date = static_cast<std::int64_t>(in.varint());
  row.save_date = static_cast<std::int64_t>(in.varint());
  row.size = in.varint();
  row.crlf_size = row.size + in.varint();
  if (in.ok() && !in.at_end()) {
    for (std::uint64_t& bits : row.keywords.bits) bits = in.varint();
  }
  if (!in.finished()) return std::nullopt;
  return row;
}

}  // namespace mailtree::store
