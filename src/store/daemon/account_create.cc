// SPDX-License-Identifier: Apache-2.0
// A new account: built beside its place, durable, then renamed into it.
#include "base/ascii.h"
#include "base/encoding.h"
#include "net/digest.h"
#include "store/daemon/account.h"
#include "store/daemon/folder_names.h"
#include "store/daemon/operations/operations.h"
#include "store/file_name.h"

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr std::string_view draft_prefix = ".new-";

Result<entry::FolderSet> new_folder(Partition& partition, const AccountState& state, const std::string& name,
                                    const std::string& directory) {
  const auto uidvalidity = partition.next_uidvalidity();
  if (!uidvalidity) return uidvalidity.error();
  entry::FolderSet folder;
  folder.id = state.next_folder;
  folder.name = name;
  folder.directory = directory;
  folder.object = mark_of(new_unique());
  folder.uidvalidity = *uidvalidity;
  folder.special_use = special_use_of(name);
  folder.modseq = state.modseq + 1;
  return folder;
}

// Durable only by Partition::settle_parents().
Result<UniqueFd> open_or_make(Partition& partition, int parent, const std::string& name, const AccountPlace& place) {
  auto found = partition.disk().open(parent, name, Disk::Access::directory);
  if (found || !loop::is_missing(found.error())) return found;
  partition.unsettle(place);  // somebody may have removed what was settled
  const auto made = partition.disk().make_directory(parent, name);
  if (!made && !loop::is_taken(made.error())) return made.error();
  return partition.disk().open(parent, name, Disk::Access::directory);
}

}  // namespace

Result<AccountState> first_state(Partition& partition, const AccountName& name, bool with_default_folders) {
  if (name.entry_uuid.empty()) {
    return Error::temporary(Condition::unavailable, "nobody knows whose account this is until its user comes");
  }
  AccountState state;
  auto done = apply(state, entry::AccountNamed{name, file_name_host(partition.host())}, 0);
  const auto add = [&](const std::string& folder, const std::string& directory) -> Result<void> {
    auto set = new_folder(partition, state, folder, directory);
    if (!set) return set.error();
    const auto applied = apply(state, std::move(*set), 0);
    if (!applied) return applied;
    return apply(state, entry::Subscribed{folder, true}, 0);
  };
  if (done) done = add("INBOX", inbox_directory);
  for (const char* const folder : default_folders) {
    if (done && with_default_folders) done = add(folder, std::string(inbox_directory) + "/." + folder);
  }
  if (!done) return done.error();
  return state;
}

namespace {

// A directory under construction. The generation tells whose it is: those of earlier ones cannot be in use, because the
// partition belongs to one process at a time. No account has such a name: a leading dot is encoded in theirs.
std::string draft_name(std::uint64_t generation) {
  return std::string(draft_prefix) + std::to_string(generation) + "-" + hex_encode(net::random_octets(8));
}

bool is_abandoned_draft(std::string_view name, std::uint64_t generation) {
  if (!name.starts_with(draft_prefix)) return false;
  name.remove_prefix(draft_prefix.size());
  const std::size_t dash = name.find('-');
  const std::string_view random = dash == std::string_view::npos ? name : name.substr(dash + 1);
  if (random.size() != 16 || random.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  if (dash == std::string_view::npos) return true;  // as older versions named them
  const auto made_by = ascii::number<std::uint64_t>(name.substr(0, dash));
  return made_by && *made_by != generation;
}

// Takes away what create_account() makes and nothing else: a draft with anything more in it stays.
void remove_draft(Disk& disk, int bucket, const std::string& draft) {
  const auto directory = disk.open(bucket, draft, Disk::Access::directory);
  if (!directory) return;
  const auto maildir = disk.open(directory->get(), inbox_directory, Disk::Access::directory);
  const auto names = maildir ? disk.list(maildir->get()) : Result<std::vector<std::string>>(maildir.error());
  std::vector<std::string> doomed;
  for (const std::string& name : names ? *names : std::vector<std::string>()) {
    const std::string path = std::string(inbox_directory) + "/" + name;
    if (name.front() == '.') {
      for (const char* part : {"/cur", "/new", "/tmp"}) doomed.push_back(path + part);
    }
    doomed.push_back(path);
  }
  doomed.emplace_back(inbox_directory);
  for (const std::string& path : doomed) static_cast<void>(disk.remove_directory(directory->get(), path));
  if (disk.status_at(directory->get(), inbox_directory)) return;  // something is in it
  for (const char* file : {log_name, new_log_name}) static_cast<void>(disk.unlink(directory->get(), file));
  static_cast<void>(disk.remove_directory(bucket, draft));
}

void remove_abandoned_drafts(Disk& disk, int bucket, std::uint64_t generation) {
  const auto names = disk.list(bucket);
  if (!names) return;
  for (const std::string& name : *names) {
    if (is_abandoned_draft(name, generation)) remove_draft(disk, bucket, name);
  }
}

// The whole account in `draft`, durable; then its name.
Result<NewAccount> build(Partition& partition, int bucket, const std::string& draft, const AccountPlace& place,
                         const AccountName& name, std::int64_t now) {
  Disk& disk = partition.disk();
  auto done = disk.make_directory(bucket, draft);
  if (!done) return done.error();
  auto directory = disk.open(bucket, draft, Disk::Access::directory);
  if (!directory) return directory.error();
  auto state = first_state(partition, name, true);
  if (!state) return state.error();
  done = FileWork::make_folder(disk, directory->get(), inbox_directory);
  if (!done) return done.error();
  auto log = LogFile::replace(disk, directory->get(), partition.generation(), *state, now);
  if (!log) return log.error();
  done = disk.rename(bucket, draft, bucket, place.leaf, false);
  if (!done) return done.error();
  done = disk.sync_directory(bucket);
  // A later sync that succeeds would say nothing about this name: it is taken back, and the next attempt gives another.
  if (!done) static_cast<void>(disk.rename(bucket, place.leaf, bucket, draft, false));
  if (!done) return done.error();
  return NewAccount{std::move(*directory), std::move(*log), std::move(*state)};
}

}  // namespace

Result<NewAccount> create_account(Partition& partition, const AccountPlace& place, const AccountName& name,
                                  std::int64_t now) {
  Disk& disk = partition.disk();
  const auto domain = open_or_make(partition, partition.directory(), place.domain, place);
  if (!domain) return domain.error();
  const auto bucket = open_or_make(partition, domain->get(), place.bucket, place);
  if (!bucket) return bucket.error();
  const bool was_settled = partition.is_settled(place);
  const auto settled = partition.settle_parents(place);
  if (!settled) {
    // Made anew by the next attempt, for the same reason. Only what is empty goes.
    static_cast<void>(disk.remove_directory(domain->get(), place.bucket));
    static_cast<void>(disk.remove_directory(partition.directory(), place.domain));
    return settled.error();
  }
  // Drafts of others are of earlier runs: looking once is enough.
  if (!was_settled) remove_abandoned_drafts(disk, bucket->get(), partition.generation());
  const std::string draft = draft_name(partition.generation());
  auto made = build(partition, bucket->get(), draft, place, name, now);
  if (!made) remove_draft(disk, bucket->get(), draft);
  return made;
}

}  // namespace mailtree::store
