// SPDX-License-Identifier: Apache-2.0
// Finding folder directories that are not ours, and planning the folders that they become.
#include "store/daemon/foreign_folders.h"

#include <algorithm>
#include <unordered_set>

#include "store/daemon/folder_names.h"
#include "store/daemon/operations/operations.h"
#include "store/daemon/partition.h"
#include "store/daemon/scan.h"

namespace mailtree::store {
namespace {

using loop::Disk;

// A folder name that no folder has yet.
std::string free_name(const AccountState& state, std::string name) {
  const std::string base = name;
  for (int i = 2; state.find_by_name(name) != nullptr; ++i) name = base + "-" + std::to_string(i);
  return name;
}

}  // namespace

Result<std::vector<std::string>> find_foreign_folders(AccountAccess& access) {
  std::vector<std::string> found;
  const auto status = access.disk.status_at(access.directory, inbox_directory);
  if (!status) return status.error();
  FolderWatch& watch = access.watches[folder_list_watch];
  const bool young = watch.suspect && access.now - watch.scanned_at >= suspicion_seconds;
  if (watch.scanned && watch.cur_ns == status->modified_ns && !young) return found;
  const auto directory = access.disk.open(access.directory, inbox_directory, Disk::Access::directory);
  if (!directory) return directory.error();
  const auto names = access.disk.list(directory->get());
  if (!names) return names.error();
  std::unordered_set<std::string> known(access.state.doomed.begin(), access.state.doomed.end());
  for (const auto& [id, folder] : access.state.folders) known.insert(folder.directory);
  for (const std::string& name : *names) {
    if (name.size() < 2 || name.front() != '.' || name == "..") continue;
    const std::string path = std::string(inbox_directory) + "/" + name;
    if (known.contains(path)) continue;
    const auto cur = access.disk.open(directory->get(), name + "/cur", Disk::Access::directory);
    if (cur) found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  watch.scanned = true;
  watch.cur_ns = status->modified_ns;
  watch.scanned_at = access.now;
  // A change within the same tick of the clock would show the same time.
  watch.suspect = !found.empty() || access.now - status->modified_ns / 1'000'000'000 < settled_seconds;
  return found;
}

Result<void> plan_foreign_folders(Plan& plan, AccountAccess& access, const std::vector<std::string>& directories) {
  for (const std::string& directory : directories) {
    const auto uidvalidity = access.partition.next_uidvalidity();
    if (!uidvalidity) return uidvalidity.error();
    const std::string path = std::string(inbox_directory) + "/" + directory;
    plan.actions.push_back(file_action::TakeInFolder{path});
    entry::FolderSet folder;
    folder.id = plan.state.next_folder;
    folder.name = free_name(plan.state, name_of_directory(directory));
    folder.directory = path;
    folder.object = mark_of(new_unique());
    folder.uidvalidity = *uidvalidity;
    folder.special_use = special_use_of(folder.name);
    folder.modseq = plan.next_modseq();
    const std::string name = folder.name;
    plan.add(std::move(folder));
    plan.add(entry::Subscribed{name, true});
  }
  return {};
}

}  // namespace mailtree::store
