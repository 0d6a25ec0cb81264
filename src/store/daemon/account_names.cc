// SPDX-License-Identifier: Apache-2.0
// Flags reach the file names: renames, directories synced, then one record. Not as an operation: when it fails, nothing
// but the names stays behind.
#include <algorithm>
#include <map>

#include "log/log.h"
#include "store/daemon/account.h"

namespace mailtree::store {
namespace {

std::int64_t seconds(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
}

struct Due {
  const Folder* folder = nullptr;
  const Message* message = nullptr;
};

// The next messages whose names are behind; the pass stands at the last of them.
std::vector<Due> next_due(const AccountState& state, NamePass& pass, std::size_t limit) {
  std::vector<Due> due;
  for (auto at = state.folders.lower_bound(pass.folder); at != state.folders.end(); ++at) {
    const Folder& folder = at->second;
    if (folder.names_behind == 0) continue;
    const Uid after = folder.id == pass.folder ? pass.uid : 0;
    auto message = std::upper_bound(folder.messages.begin(), folder.messages.end(), after,
                                    [](Uid uid, const Message& other) { return uid < other.uid; });
    for (; message != folder.messages.end(); ++message) {
      if (!message->name_behind) continue;
      due.push_back({&folder, &*message});
      if (due.size() < limit) continue;
      pass.folder = folder.id;
      pass.uid = message->uid;
      pass.finished = false;
      return due;
    }
  }
  return due;
}

}  // namespace

void Account::show_flags(NamePass& pass, std::size_t limit) {
  pass.finished = true;
  Result<void> done = check_in_place();
  if (done && !loaded_) done = load(pass.account, false);
  if (done && !loaded_) return;  // the account is gone
  if (done) done = name_files(pass, limit);
  if (done) return;
  pass.finished = true;
  pass.failure = std::make_unique<Error>(done.error());
}

Result<void> Account::name_files(NamePass& pass, std::size_t limit) {
  const AccountState& state = loaded_->state;
  const std::vector<Due> all = next_due(state, pass, limit);
  if (all.empty()) return {};
  // A name given behind the back of who has the partition now would look to them like a change by another program.
  const Result<void> ours = partition_.check_ours();
  if (!ours) return ours;
  const Result<void> settled = settle_once();
  if (!settled) return settled;
  auto work = std::make_unique<FileWork>(partition_.disk(), loaded_->directory.get(), watches_, doubts_);
  std::map<FolderId, UidSet> named;
  Result<void> failure;
  for (const Due& due : all) {
    Message shown = *due.message;
    shown.name_flags = shown.flags;
    const auto done = work->rename(due.folder->directory, name_of(state, *due.folder, *due.message),
                                   name_of(state, *due.folder, shown));
    if (done) {
      add_uid(named[due.folder->id], due.message->uid);
    } else if (!loop::is_missing(done.error()) && !loop::is_taken(done.error())) {
      failure = done;  // those before it count all the same
      break;
    }
  }
  const Result<void> synced = work->sync_names();
  if (!synced) {
    undo(*work);
    return synced;
  }
  if (named.empty()) return failure;
  std::vector<Entry> entries;
  for (const auto& [folder, uids] : named) entries.emplace_back(entry::Named{folder, uids});
  const Result<void> recorded = record_names(std::move(work), entries);
  if (!recorded) return recorded;
  for (const auto& [folder, uids] : named) pass.named += count(uids);
  return failure;
}

Result<void> Account::record_names(std::unique_ptr<FileWork> work, const std::vector<Entry>& entries) {
  Commit commit;
  commit.time = seconds(clock_);
  commit.modseq = loaded_->state.modseq;
  commit.totals = loaded_->state.totals;
  commit.entries = soft_;
  commit.entries.insert(commit.entries.end(), entries.begin(), entries.end());
  const Result<void> ours = partition_.check_ours();
  if (!ours) {
    undo(*work);
    return ours;
  }
  const LogPosition before = loaded_->log.position();
  const auto recorded = loaded_->log.append(partition_.disk(), partition_.generation(), commit);
  if (!recorded && loaded_->log.may_append_again()) {
    undo(*work);  // the log is as long as before, and so is what it says
    return recorded;
  }
  if (!recorded) {
    undo_when_replaced(std::move(work), before);
    forget(recorded.error());
    return recorded;
  }
  soft_.clear();
  const Result<void> seen = check_seen();
  if (!seen) {
    forget(seen.error());
    return seen;
  }
  for (const Entry& entry : entries) {
    const Result<void> applied = apply(loaded_->state, entry, commit.time);
    if (!applied) {
      forget(applied.error());
      return applied;
    }
  }
  publish(entries, false);
  return {};
}

}  // namespace mailtree::store
