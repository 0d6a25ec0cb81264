// SPDX-License-Identifier: Apache-2.0
// Bringing an account into memory.
#include "log/log.h"
#include "store/daemon/account.h"

namespace mailtree::store {
namespace {

using loop::Disk;

std::int64_t seconds(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
}

// False for what no retry can ever read as a log: a directory, a symbolic link, a socket.
bool is_file(Disk& disk, int directory) {
  const auto status = disk.status_at(directory, log_name);
  return !status || status->is_regular;
}

}  // namespace

Result<void> Account::create(const AccountName& name) {
  const Result<void> ours = partition_.check_ours();
  if (!ours) return ours;
  auto made = create_account(partition_, place_, name, seconds(clock_));
  if (!made) {
    partition_.unsettle(place_);  // it may have its name already, but not for good
    // The ballast is not for new accounts.
    if (made.error().condition == Condition::too_big) return Error::temporary(Condition::storage, made.error().detail);
    return made.error();
  }
  log::event(log::Level::info, "store.account.created", {{"account", indexed_.path}});
  trusted_.reset();
  to_undo_.reset();
  loaded_.emplace(std::move(made->directory), std::move(made->log), std::move(made->state));
  adopt_index(index_.shown(indexed_.key));
  return {};
}

Result<void> Account::load(const AccountName& name, bool create_missing) {
  Disk& disk = partition_.disk();
  auto directory = disk.open(partition_.directory(), place_.path(), Disk::Access::directory);
  if (!directory) {
    if (!loop::is_missing(directory.error())) return directory.error();
    return create_missing ? create(name) : Result<void>();
  }
  return load_log(std::move(*directory), name);
}

// A rename of the log, or a directory above it, that an earlier process was killed before it had synced becomes final.
Result<void> Account::settle(int directory) {
  const Result<void> settled = partition_.settle_parents(place_);
  if (!settled) return settled;
  const Result<void> synced = partition_.disk().sync_directory(directory);
  log_name_doubtful_ = log_name_doubtful_ || !synced;
  return synced;
}

// After a failure nobody knows which of the two logs has the name for good: load() has to make another.
Result<LogFile> Account::replace_log(int directory, const AccountState& state, Forgetting forgetting) {
  auto log =
      LogFile::replace(partition_.disk(), directory, partition_.generation(), state, seconds(clock_), forgetting);
  log_name_doubtful_ = !log;
  return log;
}

Result<void> Account::load_log(UniqueFd directory, const AccountName& name) {
  Disk& disk = partition_.disk();
  auto shown = index_.shown(indexed_.key);
  auto found = LogFile::load(disk, directory.get(), trusted_, shown);
  // What the row stands for was durable before it was shown: who only reads it need not wait for the disk.
  const bool as_shown = found && found->as_shown && !trusted_ && !log_name_doubtful_ && !found->shared;
  if (!as_shown) {
    const Result<void> ours = partition_.check_ours();
    if (!ours) return ours;
    const Result<void> settled = settle(directory.get());
    if (!settled) return settled;
  }
  if (!found && loop::is_missing(found.error())) return rescue(std::move(directory), name, {}, "no log");
  if (!found && !is_file(disk, directory.get())) return rescue(std::move(directory), name, {}, found.error().detail);
  if (!found) return found.error();
  if (found->damaged) return rescue(std::move(directory), name, std::move(found->state), found->problem);
  if (found->torn) log::event(log::Level::warning, "store.log.torn", {{"account", indexed_.path}});
  // The partition was put back, and what was shown of this account meanwhile is forgotten: it must be taken for older.
  const bool may_be_older = !shown && found->generation < partition_.restored() &&
                            !index_.covers(partition_.restored_to());
  if (found->doubtful || found->shared || log_name_doubtful_ || found->generation < partition_.renew_before()) {
    const Result<void> noted = apply(found->state, found->log.as_ancestor(), 0);
    if (!noted) return noted;
    auto fresh = replace_log(directory.get(), found->state);
    if (!fresh) return fresh.error();
    found->log = std::move(*fresh);
  }
  if (found->older || may_be_older) {
    const Result<void> renewed = start_over(directory.get(), *found, shown.value_or(Shown{}));
    if (!renewed) return renewed;
    shown.reset();
  }
  const Result<void> undone = undo_unrecorded(directory.get());
  if (!undone) return undone;
  trusted_.reset();
  loaded_.emplace(std::move(directory), std::move(found->log), std::move(found->state));
  loaded_->settled = !as_shown;
  for (const std::string& doomed : loaded_->state.doomed) clean_ups_.push_back({doomed, {}});
  adopt_index(shown);
  return {};
}

void Account::adopt_index(const std::optional<Shown>& shown) {
  published_ = shown && shown->published && shown->position == loaded_->log.position();
  if (published_) {
    index_.restore_recent(indexed_.key, loaded_->state);
    indexed_.listed_ns = shown->listed_ns;
    if (shown->listed_ns == 0) return;
    FolderWatch& watch = watches_[folder_list_watch];
    watch.scanned = true;
    watch.cur_ns = shown->listed_ns;
  } else if (shown && shown->published) {
    static_cast<void>(index_.remove(indexed_.key));
  }
}

}  // namespace mailtree::store
