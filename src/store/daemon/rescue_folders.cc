// SPDX-License-Identifier: Apache-2.0
// Folders that only their directories still tell of.
#include <algorithm>
#include <map>

#include "store/daemon/account.h"
#include "store/daemon/folder_names.h"
#include "store/daemon/operations/operations.h"
#include "store/file_name.h"

namespace mailtree::store {
namespace {

using loop::Disk;

// The folder that most files in it say they are in; no_folder if none says so.
Result<FolderId> folder_of_files(Disk& disk, int account, const std::string& directory) {
  const auto cur = disk.open(account, directory + "/cur", Disk::Access::directory);
  const auto names = cur ? disk.list(cur->get()) : Result<std::vector<std::string>>(cur.error());
  if (!names && loop::is_missing(names.error())) return no_folder;
  if (!names) return names.error();
  std::map<FolderId, std::size_t> votes;
  for (const std::string& name : *names) {
    const ParsedFileName parsed = parse_file_name(name);
    if (parsed.ours) ++votes[parsed.folder];
  }
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto most = std::max_element(votes.begin(), votes.end(), fewer);
  return most == votes.end() ? no_folder : most->first;
}

Result<void> add_folder(Partition& partition, AccountState& state, FolderId id, const std::string& name,
                        const std::string& directory) {
  const auto uidvalidity = partition.next_uidvalidity();
  if (!uidvalidity) return uidvalidity.error();
  Folder folder;
  folder.id = id;
  folder.name = name;
  for (int i = 2; state.find_by_name(folder.name) != nullptr; ++i) folder.name = name + "-" + std::to_string(i);
  folder.directory = directory;
  folder.object = mark_of(new_unique());
  folder.uidvalidity = *uidvalidity;
  folder.special_use = special_use_of(name);
  state.subscriptions.insert(folder.name);
  state.folders.emplace(id, std::move(folder));
  state.next_folder = std::max(state.next_folder, id + 1);
  return {};
}

bool has_directory(const AccountState& state, const std::string& path) {
  const auto is_it = [&path](const auto& one) { return one.second.directory == path; };
  return std::any_of(state.folders.begin(), state.folders.end(), is_it) || state.doomed.contains(path);
}

// Those that never had a message have left nothing on the disk. Their numbers are lost.
Result<void> add_default_folders(Partition& partition, AccountState& state) {
  state.next_folder += salvage_folder_gap;
  for (const std::string name : default_folders) {
    const std::string path = std::string(inbox_directory) + "/." + name;
    if (state.find_by_name(name) != nullptr || has_directory(state, path)) continue;
    const auto added = add_folder(partition, state, state.next_folder, name, path);
    if (!added) return added;
  }
  return {};
}

}  // namespace

Result<void> complete_state(Partition& partition, int directory, const AccountName& name, AccountState& state) {
  auto first = first_state(partition, name, false);
  if (!first) return first.error();
  if (state.name.entry_uuid.empty()) {
    state.name = first->name;
    state.host = first->host;
  }
  if (state.find(inbox_folder) != nullptr) return {};  // then the log has its beginning
  state.folders.emplace(inbox_folder, std::move(*first->find(inbox_folder)));
  state.subscriptions.insert("INBOX");
  state.next_folder = std::max(state.next_folder, first->next_folder);
  Disk& disk = partition.disk();
  const auto inbox = disk.open(directory, inbox_directory, Disk::Access::directory);
  if (!inbox && loop::is_missing(inbox.error())) return {};
  auto names = inbox ? disk.list(inbox->get()) : Result<std::vector<std::string>>(inbox.error());
  if (!names) return names.error();
  std::sort(names->begin(), names->end());
  for (const std::string& leaf : *names) {
    const std::string path = std::string(inbox_directory) + "/" + leaf;
    if (has_directory(state, path) || leaf.size() < 2 || leaf.front() != '.') continue;
    const auto id = folder_of_files(disk, directory, path);
    if (!id) return id.error();
    // Without a number it is found like any folder that another program made.
    if (*id == no_folder || *id == UINT32_MAX || state.find(*id) != nullptr) continue;
    const auto added = add_folder(partition, state, *id, name_of_directory(leaf), path);
    if (!added) return added;
  }
  return add_default_folders(partition, state);
}

}  // namespace mailtree::store
