// SPDX-License-Identifier: Apache-2.0
// OpenMailbox and OpenFile: where a session meets the files.
#include <algorithm>

#include "store/daemon/operations/operations.h"

namespace mailtree::store {
namespace {

UidSet uids_of(const Folder& folder) {
  UidSet uids;
  for (const Message& message : folder.messages) {
    add_uid(uids, message.uid);
    if (uids.size() > OpenMailbox::max_uid_ranges) return {};
  }
  return uids;
}

std::uint32_t first_unseen(const Folder& folder) {
  if (folder.unseen == 0) return 0;
  const auto is_unseen = [](const Message& message) { return (message.flags & flag::seen) == 0; };
  const auto found = std::find_if(folder.messages.begin(), folder.messages.end(), is_unseen);
  return found == folder.messages.end() ? 0 : static_cast<std::uint32_t>(found - folder.messages.begin() + 1);
}

}  // namespace

Result<void> OpenMailboxOperation::prepare(AccountAccess& access) {
  const Folder* const folder = access.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  const auto due = scan_is_due(access, *folder);
  if (!due) return due.error();
  if (!*due) return {};
  auto scan = scan_folder(access, *folder);
  if (!scan) return scan.error();
  scan_ = std::move(*scan);
  return {};
}

Result<void> OpenMailboxOperation::plan(Plan& plan, AccountAccess&) {
  if (scan_) plan_scan(plan, request.folder, *scan_);
  const Folder& folder = *plan.state.find(request.folder);
  reply.uidvalidity = folder.uidvalidity;
  reply.uidnext = folder.uidnext;
  reply.first_recent = folder.first_recent;
  reply.messages = static_cast<std::uint32_t>(folder.messages.size());
  reply.highestmodseq = folder.highestmodseq;
  reply.uids = uids_of(folder);
  reply.first_unseen = first_unseen(folder);
  if (request.read_write && folder.first_recent != folder.uidnext) {
    plan.add(entry::RecentMoved{folder.id, folder.uidnext});
  }
  return {};
}

Result<void> OpenFileOperation::prepare(AccountAccess& access) {
  const Folder* const folder = access.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  const Message* const message = folder->find(request.uid);
  if (message == nullptr) return Error::permanent(Condition::no_such_message, "No such message");
  auto opened =
      access.disk.open(access.directory, folder->directory + "/cur/" + name_of(access.state, *folder, *message),
                       loop::Disk::Access::read);
  if (opened) {
    file = std::move(*opened);
    return {};
  }
  if (!loop::is_missing(opened.error())) return opened.error();
  auto scan = scan_folder(access, *folder);  // renamed or removed by another program
  if (!scan) return scan.error();
  for (const FolderScan::Renamed& renamed : scan->renamed) {
    if (renamed.uid != request.uid) continue;
    const char* const part = renamed.in_new ? "/new/" : "/cur/";
    auto again = access.disk.open(access.directory, folder->directory + part + renamed.name, loop::Disk::Access::read);
    if (again) file = std::move(*again);
  }
  scan_ = std::move(*scan);
  return {};
}

Result<void> OpenFileOperation::plan(Plan& plan, AccountAccess&) {
  if (scan_) plan_scan(plan, request.folder, *scan_);
  const Folder& folder = *plan.state.find(request.folder);
  const Message* const message = folder.find(request.uid);
  if (message != nullptr) reply.file_name = name_of(plan.state, folder, *message);
  // Not an error of this operation: what the scan found must be recorded. The caller sees that there is no file.
  return {};
}

}  // namespace mailtree::store
