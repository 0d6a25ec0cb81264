// SPDX-License-Identifier: Apache-2.0
// Bringing an account into memory: from its log, or anew.
#include "base/encoding.h"
#include "log/log.h"
#include "net/digest.h"
#include "store/daemon/account.h"
#include "store/daemon/folder_names.h"
#include "store/daemon/operations/operations.h"
#include "store/file_name.h"

namespace mailtree::store {
namespace {

using loop::Disk;

std::int64_t seconds(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
}

constexpr const char* default_folders[] = {"Sent", "Drafts", "Trash", "Junk"};

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

Result<UniqueFd> open_or_make(Disk& disk, int parent, const std::string& name) {
  const auto made = disk.make_directory(parent, name);
  if (!made && !loop::is_taken(made.error())) return made.error();
  auto fd = disk.open(parent, name, Disk::Access::directory);
  if (!fd) return fd;
  const auto synced = disk.sync_directory(parent);
  if (!synced) return synced.error();
  return fd;
}

// False for what no retry can ever read as a log: a directory, a symbolic link, a socket.
bool is_file(Disk& disk, int directory) {
  const auto status = disk.status_at(directory, log_name);
  return !status || status->is_regular;
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

Result<void> create_account(Partition& partition, const AccountPlace& place, const AccountName& name,
                            std::int64_t now) {
  Disk& disk = partition.disk();
  const auto domain = open_or_make(disk, partition.directory(), place.domain);
  if (!domain) return domain.error();
  const auto bucket = open_or_make(disk, domain->get(), place.bucket);
  if (!bucket) return bucket.error();
  const std::string draft = ".new-" + hex_encode(net::random_octets(8));
  auto done = disk.make_directory(bucket->get(), draft);
  if (!done) return done;
  const auto directory = disk.open(bucket->get(), draft, Disk::Access::directory);
  if (!directory) return directory.error();
  const auto state = first_state(partition, name, true);
  if (!state) return state.error();
  for (const auto& [id, folder] : state->folders) {
    if (done) done = FileWork::make_folder(disk, directory->get(), folder.directory);
  }
  const auto maildir =
      done ? disk.open(directory->get(), inbox_directory, Disk::Access::directory) : Result<UniqueFd>(done.error());
  if (!maildir) return maildir.error();
  done = disk.sync_directory(maildir->get());
  if (!done) return done;
  const auto log = LogFile::replace(disk, directory->get(), partition.generation(), *state, now);
  if (!log) return log.error();
  done = disk.rename(bucket->get(), draft, bucket->get(), place.leaf, false);
  if (done) done = disk.sync_directory(bucket->get());
  return done;
}

Result<void> Account::create(const AccountName& name) {
  const Result<void> made = create_account(partition_, place_, name, seconds(clock_));
  if (made) {
    log::event(log::Level::info, "store.account.created", {{"account", indexed_.path}});
  } else {
    partition_.unsettle(place_);  // it may have its name already, but not for good
  }
  return made;
}

Result<void> Account::load(const AccountName& name, bool create_missing) {
  Disk& disk = partition_.disk();
  auto directory = disk.open(partition_.directory(), place_.path(), Disk::Access::directory);
  if (!directory && loop::is_missing(directory.error()) && create_missing) {
    const Result<void> made = create(name);
    if (!made) return made;
    directory = disk.open(partition_.directory(), place_.path(), Disk::Access::directory);
  }
  if (!directory) {
    if (loop::is_missing(directory.error())) return {};
    return directory.error();
  }
  const Result<void> settled = partition_.settle_parents(place_);
  if (!settled) return settled;
  return load_log(std::move(*directory), name);
}

Result<void> Account::load_log(UniqueFd directory, const AccountName& name) {
  Disk& disk = partition_.disk();
  // A rename of the log that a crash interrupted before its sync becomes final here.
  const auto synced = disk.sync_directory(directory.get());
  if (!synced) return synced;
  auto shown = index_.shown(indexed_.key);
  auto found = LogFile::load(disk, directory.get(), trusted_octets_, shown);
  if (!found && loop::is_missing(found.error())) return rescue(std::move(directory), name, {}, "no log");
  if (!found && !is_file(disk, directory.get())) return rescue(std::move(directory), name, {}, found.error().detail);
  if (!found) return found.error();
  if (found->damaged) return rescue(std::move(directory), name, std::move(found->state), found->problem);
  if (found->torn) log::event(log::Level::warning, "store.log.torn", {{"account", indexed_.path}});
  if (trusted_octets_ || found->shared) {
    auto fresh = LogFile::replace(disk, directory.get(), partition_.generation(), found->state, seconds(clock_));
    if (!fresh) return fresh.error();
    found->log = std::move(*fresh);
    trusted_octets_.reset();
  }
  if (found->older) {
    const Result<void> renewed = start_over(directory.get(), *found, *shown);
    if (!renewed) return renewed;
    shown.reset();
  }
  loaded_.emplace(std::move(directory), std::move(found->log), std::move(found->state));
  for (const std::string& doomed : loaded_->state.doomed) clean_ups_.push_back({doomed, {}});
  adopt_index(shown);
  return {};
}

void Account::adopt_index(const std::optional<Shown>& shown) {
  published_ = shown && shown->position == loaded_->log.position();
  if (published_) {
    index_.restore_recent(indexed_.key, loaded_->state);
  } else if (shown) {
    static_cast<void>(index_.remove(indexed_.key));
  }
}

}  // namespace mailtree::store
