// SPDX-License-Identifier: Apache-2.0
// CREATE, DELETE, RENAME, SUBSCRIBE (RFC 9051 6.3.4-6.3.8).
#include <algorithm>

#include "store/daemon/folder_names.h"
#include "store/daemon/index_writer.h"
#include "store/daemon/operations/operations.h"
#include "store/daemon/partition.h"

namespace mailtree::store {
namespace {

Error taken() {
  return Error::permanent(Condition::exists, "Mailbox already exists");
}

// "a/b/c" -> "a", "a/b".
std::vector<std::string> parents_of(const std::string& name) {
  std::vector<std::string> parents;
  for (std::size_t at = name.find(hierarchy_separator); at != std::string::npos;
       at = name.find(hierarchy_separator, at + 1)) {
    parents.push_back(name.substr(0, at));
  }
  return parents;
}

bool is_below(std::string_view name, std::string_view parent) {
  return name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == hierarchy_separator;
}

}  // namespace

Result<FolderId> plan_folder(Plan& plan, AccountAccess& access, const NewFolder& wanted) {
  if (plan.state.folders.size() >= max_folders) return Error::permanent(Condition::limit, "Too many mailboxes");
  const auto uidvalidity = access.partition.next_uidvalidity();
  if (!uidvalidity) return uidvalidity.error();
  const auto exists = [&access](const std::string& directory) -> Result<bool> {
    const auto status = access.disk.status_at(access.directory, directory);
    if (!status && !loop::is_missing(status.error())) return status.error();
    return static_cast<bool>(status);
  };
  auto directory = new_directory(plan.state, plan.state.next_folder, wanted.name, exists);
  if (!directory) return directory.error();
  entry::FolderSet folder;
  folder.id = plan.state.next_folder;
  folder.name = wanted.name;
  folder.directory = std::move(*directory);
  folder.object = mark_of(new_unique());
  folder.uidvalidity = *uidvalidity;
  folder.special_use = wanted.special_use;
  folder.modseq = plan.next_modseq();
  const FolderId id = folder.id;
  plan.actions.push_back(file_action::MakeFolder{folder.directory});
  plan.add(std::move(folder));
  if (wanted.subscribe && !plan.state.subscriptions.contains(wanted.name)) {
    plan.add(entry::Subscribed{wanted.name, true});
  }
  return id;
}

Result<FolderId> plan_folder_path(Plan& plan, AccountAccess& access, const NewFolder& wanted) {
  for (const std::string& parent : parents_of(wanted.name)) {
    if (plan.state.find_by_name(parent) != nullptr) continue;
    const auto made = plan_folder(plan, access, {parent, special_use::none, wanted.subscribe});
    if (!made) return made;
  }
  return plan_folder(plan, access, wanted);
}

Result<void> CreateFolderOperation::plan(Plan& plan, AccountAccess& access) {
  const Result<std::string> name = folder_name(request.name);
  if (!name) return name.error();
  if (plan.state.find_by_name(*name) != nullptr) return taken();
  for (const auto& [id, folder] : plan.state.folders) {
    // RFC 6154 section 3: at most one mailbox of each use here.
    if ((folder.special_use & request.special_use) != 0) {
      return Error::permanent(Condition::cannot, "Another mailbox has this special use");
    }
  }
  const auto made = plan_folder_path(plan, access, {*name, request.special_use, request.subscribe});
  if (!made) return made.error();
  const Folder& folder = *plan.state.find(*made);
  reply.folder = folder.id;
  reply.uidvalidity = folder.uidvalidity;
  reply.object_id = folder_row(folder).object_id;
  return {};
}

Result<void> DeleteFolderOperation::plan(Plan& plan, AccountAccess&) {
  if (request.folder == inbox_folder) return Error::permanent(Condition::cannot, "INBOX cannot be deleted");
  const Folder* const folder = plan.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  plan.clean_ups.push_back({folder->directory, {}});
  reply.modseq = plan.next_modseq();
  plan.add(entry::FolderRemoved{request.folder, reply.modseq});
  return {};
}

Result<void> RenameFolderOperation::plan(Plan& plan, AccountAccess& access) {
  const Result<std::string> name = folder_name(request.name);
  if (!name) return name.error();
  const Folder* const folder = plan.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  if (plan.state.find_by_name(*name) != nullptr) return taken();
  if (is_below(*name, folder->name)) return Error::permanent(Condition::cannot, "A mailbox cannot go below itself");

  if (folder->id == inbox_folder) {  // RFC 9051 6.3.6: its messages move, INBOX stays
    const auto made = plan_folder_path(plan, access, {*name, special_use::none, false});
    if (!made) return made.error();
    // RFC 5464 4.1: the annotations should then be those of both, if there is room for them.
    const bool fits = plan.state.metadata_octets() + octets_of(folder->metadata) <= max_metadata_octets;
    for (const auto& [entry_name, value] : folder->metadata) {
      if (fits) plan.add(entry::SetMetadata{*made, entry_name, true, value});
    }
    const UidSet all = existing_uids(*folder, {{1, UINT32_MAX}}, [](const Message&) { return true; });
    reply.modseq = all.empty() ? plan.state.modseq : plan.next_modseq();
    if (all.empty()) return {};
    const auto copied = plan_copies(plan, inbox_folder, all, *made, reply.modseq);
    if (!copied) return copied.error();
    plan_expunge(plan, inbox_folder, all, reply.modseq);
    return {};
  }

  std::vector<std::pair<FolderId, std::string>> renames = {{folder->id, *name}};
  for (const auto& [id, other] : plan.state.folders) {
    if (!is_below(other.name, folder->name)) continue;
    const std::string fresh = *name + other.name.substr(folder->name.size());
    const Result<std::string> legal = folder_name(fresh);
    if (!legal) return legal.error();
    const Folder* const there = plan.state.find_by_name(fresh);
    if (there != nullptr && !is_below(there->name, folder->name)) return taken();
    renames.emplace_back(id, fresh);
  }
  for (const std::string& parent : parents_of(*name)) {
    if (plan.state.find_by_name(parent) != nullptr) continue;
    const auto made = plan_folder(plan, access, {parent, special_use::none, false});
    if (!made) return made.error();
  }
  reply.modseq = plan.next_modseq();
  for (auto& [id, fresh] : renames) plan.add(entry::FolderRenamed{id, std::move(fresh), reply.modseq});
  return {};
}

Result<void> SubscribeOperation::plan(Plan& plan, AccountAccess&) {
  const Result<std::string> name = folder_name(request.name);
  // A name that can never be may still be unsubscribed from, if an older program let it in.
  if (!name && request.on) return name.error();
  const std::string known = name ? *name : request.name;
  reply.changed = plan.state.subscriptions.contains(known) != request.on;
  if (reply.changed) plan.add(entry::Subscribed{known, request.on});
  return {};
}

}  // namespace mailtree::store
