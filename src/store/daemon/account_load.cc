// SPDX-License-Identifier: Apache-2.0
// Bringing an account into memory: from its log, from what is left of it, or anew.
#include <algorithm>
#include <set>

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

// The state of a new account. Directories are not made here.
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

Result<UniqueFd> open_or_make(Disk& disk, int parent, const std::string& name) {
  const auto made = disk.make_directory(parent, name);
  if (!made && !loop::is_taken(made.error())) return made.error();
  auto fd = disk.open(parent, name, Disk::Access::directory);
  if (!fd) return fd;
  const auto synced = disk.sync_directory(parent);
  if (!synced) return synced.error();
  return fd;
}

}  // namespace

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
  auto found = LogFile::load(disk, directory.get(), trusted_octets_);
  if (!found && loop::is_missing(found.error())) {
    auto state = first_state(partition_, name, false);
    if (!state) return state.error();
    return rescue(std::move(directory), name, std::move(*state), "no log");
  }
  if (!found) return found.error();
  if (found->damaged) return rescue(std::move(directory), name, std::move(found->state), found->problem);
  if (found->torn) log::event(log::Level::warning, "store.log.torn", {{"account", indexed_.path}});
  if (trusted_octets_) {
    auto fresh = LogFile::replace(disk, directory.get(), partition_.generation(), found->state, seconds(clock_));
    if (!fresh) return fresh.error();
    found->log = std::move(*fresh);
    trusted_octets_.reset();
  }
  loaded_.emplace(std::move(directory), std::move(found->log), std::move(found->state));
  for (const std::string& doomed : loaded_->state.doomed) clean_ups_.push_back({doomed, {}});
  adopt_index();
  return {};
}

// The log is set aside, never deleted; what it still said, and what the file names say, becomes a new one.
Result<void> Account::rescue(UniqueFd directory, const AccountName& name, AccountState state,
                             const std::string& problem) {
  Disk& disk = partition_.disk();
  log::event(log::Level::alarm, "store.log.damaged", {{"account", indexed_.path}, {"error", problem}});
  if (state.name.entry_uuid.empty() || state.find(inbox_folder) == nullptr) {
    auto first = first_state(partition_, name, false);
    if (!first) return first.error();
    state = std::move(*first);
  }
  salvage_names(disk, directory.get(), state, seconds(clock_));
  AccountState whole;  // folded anew: entries that fitted only in part leave no trace
  for (const Entry& one : snapshot(state, 0, 0)) {
    const Result<void> applied = apply(whole, one, seconds(clock_));
    if (!applied) return applied;
  }
  state = std::move(whole);
  const auto made = disk.make_directory(directory.get(), "aside");
  if (!made && !loop::is_taken(made.error())) return made;
  const std::string aside = "aside/log." + hex_encode(net::random_octets(4));
  const auto moved = disk.rename(directory.get(), log_name, directory.get(), aside, false);
  if (!moved && !loop::is_missing(moved.error())) return moved;
  auto log = LogFile::replace(disk, directory.get(), partition_.generation(), state, seconds(clock_));
  if (!log) return log.error();
  trusted_octets_.reset();
  loaded_.emplace(std::move(directory), std::move(*log), std::move(state));
  static_cast<void>(index_.remove(indexed_.key));
  published_ = false;
  return {};
}

void Account::adopt_index() {
  const auto position = index_.position(indexed_.key);
  published_ = position && *position == loaded_->log.position();
  if (published_) {
    index_.restore_recent(indexed_.key, loaded_->state);
  } else if (position) {
    static_cast<void>(index_.remove(indexed_.key));
  }
}

namespace {

// Messages whose names say that they were in this folder, and of which the log neither says that they are nor that
// they are gone.
std::vector<Message> messages_by_name(Disk& disk, int directory, const AccountState& state, const Folder& folder,
                                      std::int64_t now) {
  std::vector<Message> found;
  const auto cur = disk.open(directory, folder.directory + "/cur", Disk::Access::directory);
  const auto names = cur ? disk.list(cur->get()) : Result<std::vector<std::string>>(cur.error());
  if (!names) return found;
  std::set<std::pair<Uid, std::uint64_t>> gone;
  for (const Tombstone& tombstone : folder.tombstones) gone.emplace(tombstone.uid, tombstone.mark);
  for (const std::string& file : *names) {
    const ParsedFileName parsed = parse_file_name(file);
    if (!parsed.ours || parsed.folder != folder.id || parsed.uid == UINT32_MAX || folder.find(parsed.uid) != nullptr) {
      continue;
    }
    if (gone.contains({parsed.uid, mark_of(parsed.unique)})) continue;
    Message message;
    message.uid = parsed.uid;
    message.flags = parsed.flags;
    message.name_flags = parsed.flags;
    message.unique = parsed.unique;
    message.modseq = state.modseq + 1;
    message.internal_date = parsed.time;
    message.save_date = now;
    message.size = *parsed.size;
    message.crlf_size = std::max(*parsed.crlf_size, *parsed.size);
    found.push_back(message);
  }
  return found;
}

}  // namespace

void salvage_names(Disk& disk, int directory, AccountState& state, std::int64_t now) {
  for (auto& [id, folder] : state.folders) {
    std::vector<std::pair<Message, KeywordSet>> all;
    for (const Message& message : folder.messages) {
      all.emplace_back(message, folder.keywords_of(message));
      state.totals.bytes -= message.crlf_size;
      --state.totals.messages;
    }
    for (const Message& message : messages_by_name(disk, directory, state, folder, now))
      all.emplace_back(message, KeywordSet{});
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first.uid < b.first.uid; });
    const Uid next = folder.uidnext;
    folder.messages.clear();
    folder.unseen = folder.deleted = 0;
    folder.bytes = 0;
    folder.uidnext = 1;
    for (const auto& [message, keywords] : all) {
      static_cast<void>(apply(state, entry::Arrived{id, message, keywords}, now));  // two files of one uid: the first
    }
    folder.uidnext = std::max(folder.uidnext, next) + salvage_uid_gap;
  }
}

}  // namespace mailtree::store
