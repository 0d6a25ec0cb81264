// SPDX-License-Identifier: Apache-2.0
#include "store/daemon/operations/inspection.h"

#include "base/ascii.h"
#include "store/daemon/folder_names.h"
#include "store/daemon/foreign_folders.h"
#include "store/daemon/index_writer.h"
#include "store/daemon/log_file.h"

namespace mailtree::store {
namespace {

using loop::Disk;

std::string uid_text(Uid uid) {
  return "uid " + std::to_string(uid);
}

template <typename Visit>
void for_each_uid(const UidSet& uids, const Visit& visit) {
  for (const UidRange& range : uids) {
    for (Uid uid = range.first;; ++uid) {
      visit(uid);
      if (uid == range.last) break;
    }
  }
}

// Looking must not count as having scanned: what is found here is taken in by the next scan.
class WatchesKept {
 public:
  explicit WatchesKept(FolderWatches& watches) : watches_(watches), before_(watches) {}
  ~WatchesKept() { watches_ = std::move(before_); }
  WatchesKept(const WatchesKept&) = delete;
  WatchesKept& operator=(const WatchesKept&) = delete;

 private:
  FolderWatches& watches_;
  FolderWatches before_;
};

}  // namespace

bool InspectOperation::is_wanted(const Folder& folder) const {
  if (request.folder.empty()) return true;
  return folder.id == inbox_folder ? ascii::equal(request.folder, "INBOX") : folder.name == request.folder;
}

void InspectOperation::say(const char* kind, const std::string& folder, std::string what) {
  ++reply.found;
  if (reply.findings.size() < max_findings) reply.findings.push_back({kind, folder, std::move(what)});
}

Result<void> InspectOperation::prepare(AccountAccess& access) {
  const auto log = access.disk.status_at(access.directory, log_name);
  if (log) reply.log_octets = log->size;
  const auto aside = access.disk.open(access.directory, "aside", Disk::Access::directory);
  const auto kept = aside ? access.disk.list(aside->get()) : Result<std::vector<std::string>>(aside.error());
  if (kept) reply.aside = kept->size();
  if (depth() == Depth::stat) return {};
  const auto look = [&]() -> Result<void> {
    for (const auto& [id, folder] : access.state.folders) {
      const auto looked = is_wanted(folder) ? look_through(access, folder) : Result<void>();
      if (!looked) return looked;
    }
    return request.folder.empty() ? look_for_folders(access) : Result<void>();
  };
  if (depth() == Depth::rebuild) return look();
  const WatchesKept kept_as_they_were(access.watches);
  return look();
}

Result<void> InspectOperation::look_through(AccountAccess& access, const Folder& folder) {
  auto scan = scan_folder(access, folder);
  if (!scan) {
    if (!loop::is_missing(scan.error())) return scan.error();
    say("unreadable", folder.name, "no directory " + folder.directory);
    return {};
  }
  Looked looked;
  looked.scan = std::move(*scan);
  const auto measured = measure(access, folder, looked);
  if (!measured) return measured;
  const FolderScan& found = looked.scan;
  for (const auto& file : found.foreign) say("foreign", folder.name, (file.in_new ? "new/" : "cur/") + file.name);
  for (const auto& file : found.renamed) {
    say("renamed", folder.name, uid_text(file.uid) + (file.in_new ? " is new/" : " is cur/") + file.name);
  }
  for (const auto& name : found.leftovers) say("leftover", folder.name, "cur/" + name);
  for (const auto& name : found.unfinished_removals) say("unremoved", folder.name, "cur/" + name);
  for_each_uid(found.missing, [&](Uid uid) { say("missing", folder.name, uid_text(uid)); });
  looked_.emplace(folder.id, std::move(looked));
  return {};
}

// A message's file is final: another size or another kind of file is damage.
Result<void> InspectOperation::measure(AccountAccess& access, const Folder& folder, Looked& looked) {
  if (folder.messages.empty()) return {};  // it may have no directory
  const auto cur = access.disk.open(access.directory, folder.directory + "/cur", Disk::Access::directory);
  if (!cur) return cur.error();
  for (const Message& message : folder.messages) {
    const std::string name = name_of(access.state, folder, message);
    const auto status = access.disk.status_at(cur->get(), name);
    if (!status) {
      if (loop::is_missing(status.error())) continue;  // missing or renamed: the scan says it
      return status.error();
    }
    if (status->is_regular && status->size == message.size) continue;
    add_uid(looked.damaged, message.uid);
    const std::string is = status->is_regular ? std::to_string(status->size) + " octets" : "no regular file";
    say("damaged", folder.name,
        uid_text(message.uid) + ": " + is + " instead of " + std::to_string(message.size) + " octets in cur/" + name);
  }
  return {};
}

Result<void> InspectOperation::look_for_folders(AccountAccess& access) {
  access.watches[folder_list_watch].scanned = false;  // however young the last look is
  auto found = find_foreign_folders(access);
  if (!found) return found.error();
  for (const std::string& name : *found) say("folder", {}, std::string(inbox_directory) + "/" + name);
  foreign_folders_ = std::move(*found);
  return {};
}

// Its uid promised other octets: the file is kept aside and the message goes.
void InspectOperation::plan_damaged(Plan& plan, FolderId id, const UidSet& damaged) {
  if (damaged.empty()) return;
  const Folder& folder = *plan.state.find(id);
  for_each_uid(damaged, [&](Uid uid) {
    plan.actions.push_back(file_action::SetAside{folder.directory, name_of(plan.state, folder, *folder.find(uid))});
  });
  plan.add(entry::Expunged{id, damaged, plan.next_modseq()});
}

Result<void> InspectOperation::plan(Plan& plan, AccountAccess& access) {
  if (depth() == Depth::rebuild) {
    for (const auto& [id, looked] : looked_) {
      plan_scan(plan, id, looked.scan);
      plan_damaged(plan, id, looked.damaged);
    }
    const auto taken_in = plan_foreign_folders(plan, access, foreign_folders_);
    if (!taken_in) return taken_in;
  }
  reply.exists = true;
  reply.entry_uuid = plan.state.name.entry_uuid;
  reply.totals = plan.state.totals;
  reply.quota = access.quota;
  reply.modseq = plan.state.modseq;
  for (const auto& [id, folder] : plan.state.folders) {
    if (!is_wanted(folder)) continue;
    reply.folders.push_back({folder.name, static_cast<std::uint32_t>(folder.messages.size()), folder.unseen,
                             folder.bytes, folder.uidvalidity, folder.uidnext});
  }
  return {};
}

void InspectOperation::see_index(IndexWriter& index, const IndexedAccount& indexed, const AccountState& state,
                                 bool published) {
  reply.indexed = published;
  if (depth() != Depth::check || !published) return;
  for (std::string& difference : index.differences(indexed.key, state, max_findings)) {
    say("index", {}, std::move(difference));
  }
}

}  // namespace mailtree::store
