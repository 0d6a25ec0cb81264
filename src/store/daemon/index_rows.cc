// SPDX-License-Identifier: Apache-2.0
// What the state of an account is as rows.
#include "store/daemon/index_rows.h"

#include "store/object_id.h"

namespace mailtree::store {
namespace {

AccountRow account_row(const IndexedAccount& account, const AccountState& state) {
  AccountRow row;
  row.name = state.name;
  row.account_path = account.path;
  row.host = state.host;
  row.highestmodseq = state.modseq;
  row.totals = state.totals;
  row.subscriptions.assign(state.subscriptions.begin(), state.subscriptions.end());
  row.listed_ns = account.listed_ns;
  row.metadata_entries = static_cast<std::uint32_t>(state.metadata.size());
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
  row.object_id = mailbox_object_id(folder.object);
  row.expunge_horizon = folder.expunge_horizon;
  row.acl_entries = static_cast<std::uint32_t>(folder.acl.size());
  row.metadata_entries = static_cast<std::uint32_t>(folder.metadata.size());
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
  row.thread = message.thread;
  return row;
}

std::string folder_value(const Folder& folder) {
  return encode_folder(folder_row(folder), folder.messages.empty() ? 0 : folder.messages.back().uid);
}

std::string message_value(const Folder& folder, const Message& message) {
  const bool is_first = &message == folder.messages.data();
  return encode_message(message_row(folder, message), is_first ? 0 : (&message)[-1].uid);
}

std::string account_value(const IndexedAccount& account, const AccountState& state, const LogPosition& position) {
  return encode_account(account_row(account, state), position, static_cast<std::uint32_t>(state.folders.size()));
}

}  // namespace mailtree::store
