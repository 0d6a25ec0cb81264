// SPDX-License-Identifier: Apache-2.0
// Running batches. The order is the promise: files and names durable, record durable, visible, reply, names removed.
#include "store/daemon/account.h"

#include <algorithm>
#include <array>
#include <set>

#include "log/log.h"
#include "store/daemon/operations/mend.h"

namespace mailtree::store {
namespace {

std::int64_t seconds(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
}

bool is_soft(const Entry& entry) {
  return std::holds_alternative<entry::RecentMoved>(entry);
}

// Whether `held` is at least `percent` of a limit of the account; limits of its domain do not count.
bool is_filled(const Quota& quota, const Totals& held, unsigned percent) {
  const auto reaches = [percent](std::int64_t limit, std::uint64_t value) {
    if (limit < 0) return false;
    const auto whole = static_cast<std::uint64_t>(limit);
    return value >= whole / 100 * percent + whole % 100 * percent / 100;
  };
  return reaches(quota.bytes, held.bytes) || reaches(quota.messages, held.messages);
}

// Nothing that a client can see.
bool is_silent(const Entry& entry) {
  return std::holds_alternative<entry::FullSince>(entry) || std::holds_alternative<entry::Named>(entry);
}

}  // namespace

Account::Account(Partition& partition, IndexWriter& index, const Clock& clock, AccountPlace place, LogLimits limits)
    : partition_(partition), index_(index), clock_(clock), place_(std::move(place)), log_limits_(limits) {
  indexed_.key = account_key(place_);
  indexed_.path = place_.path();
}

bool Account::belongs_to(const Operation& operation) const {
  return operation.for_any_owner() || loaded_->state.name.entry_uuid == operation.account.entry_uuid;
}

std::uint64_t Account::weight() const {
  std::uint64_t sum = 2000;
  if (!loaded_) return sum;
  sum += loaded_->state.metadata_octets();
  for (const auto& [id, folder] : loaded_->state.folders) {
    sum += 500 + folder.messages.capacity() * sizeof(Message) + folder.tombstones.capacity() * sizeof(Tombstone);
  }
  return sum;
}

void Account::run(std::span<const std::shared_ptr<Operation>> batch) {
  run_once(batch);
  const auto missed = [](const auto& one) {
    return !one->outcome && one->outcome.error().kind == Kind::temporary && loop::is_missing(one->outcome.error());
  };
  if (std::none_of(batch.begin(), batch.end(), missed)) return;
  const bool mended = mend_folders(batch.front()->account);
  // What only looked may look again. The others are asked again by whoever sent them.
  if (mended && batch.size() == 1 && batch.front()->looks_at_files()) run_once(batch);
}

bool Account::mend_folders(const AccountName& name) {
  const auto mending = std::make_shared<MendFoldersOperation>(name);
  const std::array<std::shared_ptr<Operation>, 1> batch = {mending};
  run_once(batch);
  return mending->outcome && mending->found_any();
}

void Account::run_once(std::span<const std::shared_ptr<Operation>> batch) {
  const auto fail_all = [batch](const Error& error) {
    for (const auto& operation : batch) operation->outcome = error;
  };
  const bool create = std::any_of(batch.begin(), batch.end(), [](const auto& one) { return one->creates_account(); });
  const bool may_use_ballast =
      !std::all_of(batch.begin(), batch.end(), [](const auto& one) { return one->adds_data(); });
  const Result<void> in_place = check_in_place();
  if (!in_place) return fail_all(in_place.error());
  if (!loaded_) {
    Result<void> done = load(batch.front()->account, create);
    if (!done && may_use_ballast && made_room(done.error())) done = load(batch.front()->account, create);
    if (!done) return fail_all(done.error());
  }
  if (!loaded_) {
    for (const auto& operation : batch) operation->outcome = operation->absent(partition_, seconds(clock_));
    return;
  }
  const Totals before = loaded_->state.totals;
  Plan plan(loaded_->state, seconds(clock_));
  auto done = remove_leftovers();
  if (done) done = plan_all(batch, plan);
  if (done) done = carry_out(plan, may_use_ballast);
  if (!done) {
    forget(done.error());
    return fail_all(done.error());  // refusals too: they may rest on what was planned before them
  }
  partition_.usage().change(place_, before, loaded_->state.totals);
  warn_of_quota(before);
  const bool wanted = std::any_of(batch.begin(), batch.end(), [](const auto& one) { return one->wants_index(); });
  if (std::any_of(batch.begin(), batch.end(), [](const auto& one) { return one->renews_index(); })) published_ = false;
  note_list();
  publish(plan.entries, wanted);
  for (const auto& operation : batch) {
    if (operation->outcome) operation->see_index(index_, indexed_, loaded_->state, published_);
  }
  note_changes(plan.entries);
  // What a delivery comes upon waits for a session, which finds it just as well.
  const bool flags_changed = std::any_of(plan.entries.begin(), plan.entries.end(), [](const Entry& entry) {
    return std::holds_alternative<entry::FlagsChanged>(entry);
  });
  if ((wanted || flags_changed) && loaded_->state.has_names_behind()) names_behind_ = true;
  clean_ups_.insert(clean_ups_.end(), plan.clean_ups.begin(), plan.clean_ups.end());
}

// Somebody may have moved the directory away and put another, older one in its place: our descriptors would go on with
// the one that nobody else sees.
Result<void> Account::check_in_place() {
  if (partition_.is_lost()) return partition_.check_ours();
  if (!loaded_) return {};
  const auto in_place = loaded_->log.is_at(partition_.disk(), partition_.directory(), place_.path());
  if (!in_place) return in_place.error();
  if (*in_place) return {};
  log::event(log::Level::alarm, "store.account.exchanged", {{"account", indexed_.path}});
  partition_.usage().doubt();
  loaded_.reset();
  watches_.clear();
  soft_.clear();
  clean_ups_.clear();  // names of the other one
  leftovers_.clear();
  return {};
}

// An error here is a bug or a broken disk: a refusal of one operation stays with that operation.
Result<void> Account::plan_all(std::span<const std::shared_ptr<Operation>> batch, Plan& plan) {
  AccountAccess access{partition_, partition_.disk(), loaded_->directory.get(), loaded_->state, watches_, plan.now,
                       quota_};
  for (const auto& operation : batch) {
    if (operation->quota() != nullptr) access.quota = quota_ = *operation->quota();
    if (!belongs_to(*operation)) {
      log::event(log::Level::alarm, "store.account.owner_differs",
                 {{"account", indexed_.path}, {"entry", operation->account.entry_uuid}});
      operation->outcome = Error::temporary(Condition::inactive, "mail of another entry lies at " + indexed_.path);
      continue;
    }
    operation->outcome = operation->prepare(access);
    if (!operation->outcome) {
      // What it saw before it failed is recorded nowhere.
      if (operation->outcome.error().kind == Kind::temporary) look_again();
      continue;
    }
    const std::size_t before = plan.entries.size();
    operation->outcome = operation->plan(plan, access);
    // E.g. the disk failed between two folders: a refused operation must not be recorded by half.
    const bool half = !operation->outcome && plan.entries.size() != before;
    if (half && !plan.failure) {
      plan.failure = std::make_unique<Error>(Error::temporary(Condition::storage, operation->outcome.error().detail));
    }
  }
  if (plan.failure) return *plan.failure;
  return {};
}

void Account::look_again() {
  for (auto& [directory, watch] : watches_) watch.scanned = false;
}

bool Account::made_room(const Error& error) {
  if (error.condition != Condition::too_big) return false;
  partition_.give_up_ballast();
  return true;
}

Result<void> Account::work_on_files(FileWork& work, const std::vector<FileAction>& actions, bool may_use_ballast) {
  auto done = work.run(actions);
  if (done) return done;
  undo(work);
  if (!may_use_ballast || !made_room(done.error())) return done;
  done = remove_leftovers();
  if (done) done = work.run(actions);
  if (!done) undo(work);
  return done;
}

// Before the first change: the index row vouches for the log of the run before; whether it is the very file, e.g. after
// a restore, it does not say.
Result<void> Account::settle_once() {
  if (loaded_->settled) return {};
  const Result<void> settled = settle(loaded_->directory.get());
  if (settled) loaded_->settled = true;
  return settled;
}

Result<void> Account::carry_out(Plan& plan, bool may_use_ballast) {
  if (!(plan.actions.empty() && plan.entries.empty())) {
    const Result<void> settled = settle_once();
    if (!settled) return settled;
  }
  auto work = std::make_unique<FileWork>(partition_.disk(), loaded_->directory.get(), watches_, doubts_);
  if (!plan.actions.empty()) {
    const Result<void> done = work_on_files(*work, plan.actions, may_use_ballast);
    if (!done) return done;
    for (const FileAction& action : plan.actions) {
      const auto* const item = std::get_if<file_action::SetAside>(&action);
      if (item == nullptr) continue;
      log::event(log::Level::warning, "store.file.aside",
                 {{"account", indexed_.path}, {"file", item->from_directory + "/cur/" + item->from_name}});
    }
  }
  if (std::all_of(plan.entries.begin(), plan.entries.end(), is_soft)) {
    soft_.insert(soft_.end(), plan.entries.begin(), plan.entries.end());
    return {};
  }
  Commit commit;
  commit.time = plan.now;
  commit.modseq = loaded_->state.modseq;
  commit.totals = loaded_->state.totals;
  commit.entries = soft_;
  commit.entries.insert(commit.entries.end(), plan.entries.begin(), plan.entries.end());
  const LogPosition before = loaded_->log.position();
  LogFile& log = loaded_->log;
  const Result<void> ours = partition_.check_ours();
  if (!ours) {
    undo(*work);
    return ours;
  }
  auto recorded = log.append(partition_.disk(), partition_.generation(), commit);
  if (!recorded && may_use_ballast && log.may_append_again() && made_room(recorded.error())) {
    recorded = log.append(partition_.disk(), partition_.generation(), commit);
  }
  if (!recorded) {
    if (recorded.error().condition == Condition::limit) {
      undo(*work);
      return recorded;
    }
    partition_.usage().doubt();
    undo_when_replaced(std::move(work), before);
    return recorded;
  }
  soft_.clear();
  return check_seen();
}

// Who took the partition over, or replaced the log, before the record was durable may not have read it: it must not be
// acknowledged. A disk that does not tell is no reason to refuse what is done.
Result<void> Account::check_seen() {
  const Result<void> ours = partition_.check_ours();
  const auto in_place = loaded_->log.is_at(partition_.disk(), partition_.directory(), place_.path());
  if (!partition_.is_lost() && (!in_place || *in_place)) return {};
  partition_.usage().doubt();
  if (partition_.is_lost()) return ours;
  return Error::temporary(Condition::unavailable, "the log of " + indexed_.path + " was replaced meanwhile");
}

void Account::forget(const Error& cause) {
  log::event(log::Level::error, "store.commit.failed", {{"account", indexed_.path}, {"error", cause.detail}});
  loaded_.reset();
  watches_.clear();
  soft_.clear();
}

void Account::abandon(const std::string& cause) {
  forget(Error::temporary(Condition::none, cause));
  partition_.usage().doubt();
}

// Once each time the account grows over the line: what it held before tells whether it was over it already, so nothing
// needs to be remembered.
void Account::warn_of_quota(const Totals& before) const {
  const unsigned percent = partition_.quota_warning_percent();
  const Totals& now = loaded_->state.totals;
  if (percent == 0 || !is_filled(quota_, now, percent) || is_filled(quota_, before, percent)) return;
  log::event(log::Level::warning, "store.quota.warning",
             {{"account", indexed_.path},
              {"octets", now.bytes},
              {"quota_octets", quota_.bytes},
              {"messages", now.messages},
              {"quota_messages", quota_.messages}});
}

// What is known of the list of folders goes into the row, so that the next run need not look.
void Account::note_list() {
  const FolderWatch& watch = watches_[folder_list_watch];
  const std::int64_t listed = watch.scanned && !watch.suspect ? watch.cur_ns : 0;
  row_is_old_ = row_is_old_ || indexed_.listed_ns != listed;
  indexed_.listed_ns = listed;
}

void Account::publish(const std::vector<Entry>& entries, bool wanted) {
  Result<void> done;
  const LogPosition& position = loaded_->log.position();
  if (published_ && (!entries.empty() || row_is_old_)) {
    done = index_.publish(indexed_, loaded_->state, entries, position);
  } else if (!published_ && wanted) {
    done = index_.publish_all(indexed_, loaded_->state, position);
    published_ = static_cast<bool>(done);
  }
  row_is_old_ = false;
  if (done) return;
  if (index_.is_absent()) return;
  log::event(log::Level::error, "store.index.failed", {{"account", indexed_.path}, {"error", done.error().detail}});
  published_ = false;
  static_cast<void>(index_.remove(indexed_.key));
}

void Account::note_changes(const std::vector<Entry>& entries) {
  std::set<FolderId> folders;
  for (const Entry& entry : entries) {
    if (is_soft(entry) || is_silent(entry)) continue;
    const auto folder = [](const auto& e) {
      if constexpr (requires { e.folder; }) return e.folder;
      return no_folder;
    };
    folders.insert(std::visit(folder, entry));
  }
  for (const FolderId id : folders) {
    const Folder* const folder = loaded_->state.find(id);
    if (id != no_folder && folder == nullptr) continue;
    notices_.push_back({indexed_.key, id, folder != nullptr ? folder->highestmodseq : loaded_->state.modseq});
  }
}

bool Account::needs_clean_up() const {
  return loaded_ && (!clean_ups_.empty() || loaded_->log.is_mostly_garbage(loaded_->state, log_limits_));
}

// No file can come back that is not known to be gone: each folder was looked through, and what was unlinked since, or
// linked and given up, is durably gone.
bool Account::is_reconciled(FileWork& work) const {
  for (const auto& [id, folder] : loaded_->state.folders) {
    const auto watch = watches_.find(folder.directory);
    if (watch == watches_.end() || !watch->second.scanned) return false;
    const auto cur = work.open(folder.directory + "/cur");
    if (!cur && loop::is_missing(cur.error()) && folder.messages.empty()) continue;  // it has no directory yet
    if (!cur || !partition_.disk().sync_directory(*cur)) return false;
  }
  return true;
}

void Account::clean_up() {
  if (!loaded_) {
    clean_ups_.clear();  // the next scan finds what is left
    return;
  }
  FileWork work(partition_.disk(), loaded_->directory.get(), watches_, doubts_);
  std::vector<Entry> gone;
  for (const CleanUp& item : std::exchange(clean_ups_, {})) {
    const Result<void> removed = work.remove(item);
    if (!removed) {
      log::event(
          log::Level::warning, "store.removal.failed",
          {{"account", indexed_.path}, {"file", item.directory + "/" + item.name}, {"error", removed.error().detail}});
    } else if (item.name.empty()) {
      gone.emplace_back(entry::DirectoryGone{item.directory});
    }
  }
  const bool rewrite = loaded_->log.is_mostly_garbage(loaded_->state, log_limits_);
  if (gone.empty() && !rewrite) return;
  const Result<void> settled = work.sync_removals();
  if (!settled) return;
  for (Entry& entry : gone) {
    if (apply(loaded_->state, entry, seconds(clock_))) soft_.push_back(std::move(entry));
  }
  if (!rewrite || !partition_.check_ours()) return;
  const Forgetting forgetting = is_reconciled(work) ? Forgetting::what_is_old : Forgetting::nothing;
  if (!apply(loaded_->state, loaded_->log.as_ancestor(), 0)) return;
  const auto replace = [this, forgetting] { return replace_log(loaded_->directory.get(), loaded_->state, forgetting); };
  auto log = replace();
  if (!log && made_room(log.error())) log = replace();
  if (!log) return forget(log.error());  // load() sees which of the two logs has the name
  loaded_->log = std::move(*log);
  soft_.clear();
  publish({entry::Numbers{}}, false);  // the row has to tell the position in the new log
}

}  // namespace mailtree::store
