// SPDX-License-Identifier: Apache-2.0
// An account whose log does not say all any more: what is left of it and the file names become a new log.
#include <algorithm>
#include <set>

#include "log/log.h"
#include "store/daemon/account.h"
#include "store/daemon/aside.h"
#include "store/daemon/many_files.h"
#include "store/daemon/thread.h"
#include "store/file_name.h"

namespace mailtree::store {

using loop::Disk;

namespace {

std::int64_t seconds(const Clock& clock) {
  return std::chrono::duration_cast<std::chrono::seconds>(clock.wall().time_since_epoch()).count();
}

}  // namespace

// An older log gave out UIDs that meanwhile stood for other messages: new UIDVALIDITYs, durable before anything is
// shown. The modseq goes above the rows', so that a crash before their removal does not look like this again.
Result<void> Account::start_over(int directory, LogFile::Loaded& found, const Shown& shown) {
  log::event(log::Level::alarm, "store.account.rolled_back",
             {{"account", indexed_.path}, {"modseq", found.state.modseq}, {"shown", shown.modseq}});
  for (auto& [id, folder] : found.state.folders) {
    const auto uidvalidity = partition_.next_uidvalidity();
    if (!uidvalidity) return uidvalidity.error();
    folder.uidvalidity = *uidvalidity;
  }
  found.state.ancestors.clear();  // what parted from them is settled
  renew_modseqs(found.state, std::max(found.state.modseq, shown.modseq) + lost_modseq_gap);
  auto fresh = replace_log(directory, found.state);
  if (!fresh) return fresh.error();
  found.log = std::move(*fresh);
  partition_.usage().doubt();
  const Result<void> removed = index_.remove(indexed_.key);
  if (!removed) {
    log::event(log::Level::error, "store.index.failed",
               {{"account", indexed_.path}, {"error", removed.error().detail}});
  }
  return {};
}

// The log gets a second name in aside/ and keeps its own until a new one takes it: at no moment is there none. What it
// still said, and what the file names say, becomes a new one.
Result<void> Account::rescue(UniqueFd directory, const AccountName& name, AccountState state,
                             const std::string& problem) {
  Disk& disk = partition_.disk();
  log::event(log::Level::alarm, "store.log.damaged", {{"account", indexed_.path}, {"error", problem}});
  const auto shown = index_.shown(indexed_.key);
  const Modseq known = std::max(state.modseq, shown ? shown->modseq : Modseq{0});
  // Whose mail it is only the index may still know; who happens to ask first may be a successor of the same name.
  const AccountName& owner = shown ? shown->name : name;
  const AccountName named = state.name.entry_uuid.empty() ? owner : state.name;
  const Result<void> complete = complete_state(partition_, directory.get(), named, state);
  if (!complete) return complete;
  index_.restore_uidnext(indexed_.key, state);
  const Result<void> salvaged = salvage_names(disk, directory.get(), state, seconds(clock_));
  if (!salvaged) return salvaged;
  state.ancestors.clear();
  renew_modseqs(state, std::max(state.modseq, known) + lost_modseq_gap);
  AccountState whole;  // folded anew: entries that fitted only in part leave no trace
  for (const Entry& one : snapshot(state, 0, 0)) {
    const Result<void> applied = apply(whole, one, seconds(clock_));
    if (!applied) return applied;
  }
  state = std::move(whole);
  auto aside = Aside::open(disk, directory.get());
  auto kept = aside ? aside->keep(directory.get(), log_name) : Result<void>(aside.error());
  if (kept) kept = aside->sync();
  if (!kept && !loop::is_missing(kept.error())) return kept;
  auto log = replace_log(directory.get(), state);
  if (!log) return log.error();
  trusted_.reset();
  to_undo_.reset();
  partition_.usage().doubt();
  loaded_.emplace(std::move(directory), std::move(*log), std::move(state));
  static_cast<void>(index_.remove(indexed_.key));
  published_ = false;
  return {};
}

namespace {

// Messages whose names say that they were in this folder, and of which the log neither says that they are nor that
// they are gone.
Result<std::vector<Message>> messages_by_name(Disk& disk, int directory, const AccountState& state,
                                              const Folder& folder, std::int64_t now) {
  std::vector<Message> found;
  std::vector<std::string> files;  // of them
  const auto cur = disk.open(directory, folder.directory + "/cur", Disk::Access::directory);
  const auto names = cur ? disk.list(cur->get()) : Result<std::vector<std::string>>(cur.error());
  if (!names && loop::is_missing(names.error())) return found;
  if (!names) return names.error();  // a disk that does not answer must not look like an empty folder
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
    files.push_back(file);
  }
  for_many_files(found.size(),
                 [&](std::size_t i) { found[i].thread = thread_of_file(disk, cur->get(), files[i], found[i].unique); });
  return found;
}

}  // namespace

void renew_modseqs(AccountState& state, Modseq modseq) {
  state.modseq = modseq;
  for (auto& [id, folder] : state.folders) {
    folder.highestmodseq = modseq;
    folder.expunge_horizon = modseq;
    for (Message& message : folder.messages) message.modseq = modseq;
  }
}

Result<void> salvage_names(Disk& disk, int directory, AccountState& state, std::int64_t now) {
  for (auto& [id, folder] : state.folders) {
    const auto named = messages_by_name(disk, directory, state, folder, now);
    if (!named) return named.error();
    std::vector<std::pair<Message, KeywordSet>> all;
    for (const Message& message : folder.messages) {
      all.emplace_back(message, folder.keywords_of(message));
      state.totals.bytes -= message.crlf_size;
      --state.totals.messages;
    }
    for (const Message& message : *named) all.emplace_back(message, KeywordSet{});
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first.uid < b.first.uid; });
    const Uid next = folder.uidnext;
    folder.messages.clear();
    folder.unseen = folder.deleted = folder.names_behind = 0;
    folder.bytes = 0;
    folder.uidnext = 1;
    for (const auto& [message, keywords] : all) {
      static_cast<void>(apply(state, entry::Arrived{id, message, keywords}, now));  // two files of one uid: the first
    }
    folder.uidnext = std::max(folder.uidnext, next) + salvage_uid_gap;
  }
  state.next_folder += salvage_folder_gap;
  return {};
}

}  // namespace mailtree::store
