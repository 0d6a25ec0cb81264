// SPDX-License-Identifier: Apache-2.0
// Looking for folder directories that are not there any more.
#include "store/daemon/operations/mend.h"

#include <algorithm>

#include "log/log.h"
#include "store/daemon/folder_names.h"
#include "store/daemon/partition.h"

namespace mailtree::store {

using loop::Disk;

// Certain only by the list of names: an open or stat that says ENOENT may have met something else on its way.
Result<bool> MendFoldersOperation::lacks(AccountAccess& access, const std::string& directory, const std::string& name) {
  UniqueFd above;
  if (!directory.empty()) {
    auto opened = access.disk.open(access.directory, directory, Disk::Access::directory);
    if (!opened) return opened.error();
    above = std::move(*opened);
  }
  const auto names = access.disk.list(above ? above.get() : access.directory);
  if (!names) return names.error();
  return std::find(names->begin(), names->end(), name) == names->end();
}

Result<MendFoldersOperation::Gone> MendFoldersOperation::look(AccountAccess& access, const Folder& folder) const {
  Gone gone;
  gone.folder = folder.id;
  const std::string inbox = inbox_directory;
  const auto no_inbox = lacks(access, {}, inbox);
  if (!no_inbox) return no_inbox.error();
  gone.directory = *no_inbox;
  if (!gone.directory && folder.directory != inbox) {
    const std::size_t slash = folder.directory.rfind('/');
    const auto missing = lacks(access, folder.directory.substr(0, slash), folder.directory.substr(slash + 1));
    if (!missing) return missing.error();
    gone.directory = *missing;
  }
  gone.messages = gone.directory;
  if (gone.directory) return gone;
  const auto no_cur = lacks(access, folder.directory, "cur");
  const auto no_new = no_cur ? lacks(access, folder.directory, "new") : no_cur;
  if (!no_new) return no_new.error();
  gone.messages = *no_cur;
  if (!*no_cur && !*no_new) gone.folder = no_folder;
  return gone;
}

Result<void> MendFoldersOperation::prepare(AccountAccess& access) {
  for (const auto& [id, folder] : access.state.folders) {
    const auto gone = look(access, folder);
    if (!gone) return gone.error();
    if (gone->folder == no_folder) continue;
    if (folder.messages.empty() && id != inbox_folder) continue;  // it gets one with its next message
    gone_.push_back(*gone);
    access.watches.erase(folder.directory);
  }
  return {};
}

Result<void> MendFoldersOperation::plan(Plan& plan, AccountAccess&) {
  // INBOX has the lowest number: the directories of the others lie in its own.
  for (const Gone& gone : gone_) {
    const Folder& folder = *plan.state.find(gone.folder);
    log::event(log::Level::alarm, "store.folder.gone",
               {{"account", account_place(account).path()},
                {"folder", folder.name},
                {"directory", folder.directory},
                {"messages", gone.messages ? folder.messages.size() : 0}});
    if (gone.directory) {
      plan.actions.push_back(file_action::MakeFolder{folder.directory});
    } else {
      plan.actions.push_back(file_action::TakeInFolder{folder.directory});
    }
    if (!gone.messages || folder.messages.empty()) continue;
    UidSet all;
    for (const Message& message : folder.messages) add_uid(all, message.uid);
    plan.add(entry::Expunged{gone.folder, all, plan.next_modseq(), true});
  }
  return {};
}

}  // namespace mailtree::store
