// SPDX-License-Identifier: Apache-2.0
// Scanning directories and planning what follows from it.
#include "store/daemon/scan.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "store/daemon/append_set.h"
#include "store/daemon/measure.h"
#include "store/daemon/operations/operations.h"
#include "store/daemon/partition.h"
#include "store/daemon/thread.h"
#include "store/file_name.h"

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr std::int64_t no_directory_ns = 0;  // mtime of a directory that is not there
constexpr std::size_t max_foreign_a_scan = 200000;  // keeps the record below 16 MiB; the rest comes next time

// Of all messages the account has or had, as far as the log remembers.
std::unordered_set<std::uint64_t> known_marks(const AccountState& state) {
  std::unordered_set<std::uint64_t> marks;
  for (const auto& [id, folder] : state.folders) {
    for (const Message& message : folder.messages) marks.insert(mark_of(message.unique));
    for (const Tombstone& gone : folder.tombstones) marks.insert(gone.mark);
  }
  for (const auto& [mark, time] : state.marks) marks.insert(mark);
  for (const auto& [number, arrival] : state.arrivals) marks.insert(arrival.marks.begin(), arrival.marks.end());
  return marks;
}

class Scanner {
 public:
  Scanner(AccountAccess& access, const Folder& folder) : access_(access), folder_(folder) {}

  Result<FolderScan> run() {
    auto done = look_through("/cur", false);
    if (done) done = look_through("/new", true);
    if (done) done = look_for_missing();
    if (!done) return done.error();
    std::sort(scan_.foreign.begin(), scan_.foreign.end(), [](const auto& a, const auto& b) {
      return std::pair(a.message.internal_date, std::string_view(a.name)) <
             std::pair(b.message.internal_date, std::string_view(b.name));
    });
    return std::move(scan_);
  }

 private:
  Result<void> look_through(const char* part, bool in_new) {
    auto directory = access_.disk.open(access_.directory, folder_.directory + part, Disk::Access::directory);
    // A folder gets its directory with its first message.
    if (!directory && loop::is_missing(directory.error()) && folder_.messages.empty()) {
      note_looked(in_new, no_directory_ns);
      return {};
    }
    if (!directory) return directory.error();
    const auto status = access_.disk.status(directory->get());  // before the names: later changes will show
    if (!status) return status.error();
    const auto names = access_.disk.list(directory->get());
    if (!names) return names.error();
    if (!in_new) found_.assign(folder_.messages.size(), false);
    for (const std::string& name : *names) see(directory->get(), name, in_new);
    see_sets(directory->get());
    const auto taken = take_candidates();
    if (!taken) return taken;
    note_looked(in_new, status->modified_ns);
    return {};
  }

  void note_looked(bool in_new, std::int64_t modified_ns) {
    FolderWatch& watch = access_.watches[folder_.directory];
    (in_new ? watch.new_ns : watch.cur_ns) = modified_ns;
    const bool complete = scan_.foreign.size() < max_foreign_a_scan && !unreadable_;
    watch.scanned = complete;
    watch.suspect = !complete;
    watch.scanned_at = access_.now;
  }

  void see(int directory, const std::string& name, bool in_new) {
    if (name.front() == '.') return;
    const ParsedFileName parsed = parse_file_name(name);
    if (parsed.ours && (in_new ? see_ours_in_new(name, parsed) : see_ours(directory, name, parsed))) return;
    if (scan_.foreign.size() + candidates_.size() < max_foreign_a_scan) see_foreign(directory, name, parsed, in_new);
  }

  // True if the file is accounted for.
  bool see_ours(int directory, const std::string& name, const ParsedFileName& parsed) {
    if (parsed.folder != folder_.id) {
      if (was_message(parsed)) return false;  // another program brought it from its folder
      return see_leftover(name, parsed);
    }
    const Message* const message = folder_.find(parsed.uid);
    if (message != nullptr && message->unique == parsed.unique) {
      const auto place = static_cast<std::size_t>(message - folder_.messages.data());
      if (found_[place]) {
        see_double(directory, name, parsed, *message);
      } else {
        found_[place] = true;
        if (name != name_of(access_.state, folder_, *message)) note_renamed(name, parsed);
      }
      return true;
    }
    const std::uint64_t mark = mark_of(parsed.unique);
    const bool gone = parsed.uid < folder_.uidnext && tombstones().contains(parsed.uid);
    if (gone && tombstones().at(parsed.uid) == mark) {
      scan_.unfinished_removals.push_back(name);
      return true;
    }
    if (see_leftover(name, parsed)) return true;
    // Else it may have been recorded once: put back from a backup, or the log was.
    const bool never_recorded = parsed.uid >= folder_.uidnext || message != nullptr || gone;
    return never_recorded && see_part(name, parsed);
  }

  // Of an APPEND of several messages that was never answered: only the others tell what it is.
  bool see_part(const std::string& name, const ParsedFileName& parsed) {
    const SetPlace place = place_in_set(parsed.unique, folder_.object);
    if (place == SetPlace::none) return false;
    const bool fresh = parts_.emplace(mark_of(parsed.unique), Part{place, name, parsed}).second;
    if (!fresh) scan_.leftovers.push_back(name);  // a second name of the same
    return true;
  }

  // RFC 3502: all messages of an APPEND or none. A set of which a crash left a part is no mail.
  void see_sets(int directory) {
    for (const auto& [first, part] : parts_) {
      if (part.place != SetPlace::first) continue;
      std::uint64_t last = first;
      while (parts_.contains(last + 1) && parts_.at(last).place != SetPlace::last) ++last;
      if (parts_.at(last).place != SetPlace::last) continue;
      if (scan_.foreign.size() + candidates_.size() + (last - first) >= max_foreign_a_scan) return parts_.clear();
      for (std::uint64_t mark = first; mark != last + 1; ++mark) {
        Part& whole = parts_.at(mark);
        whole.is_taken = true;
        see_foreign(directory, whole.name, whole.parsed, false);
        candidates_.back().set = sets_ + 1;
      }
      ++sets_;
    }
    for (const auto& [mark, part] : parts_) {
      if (!part.is_taken) scan_.leftovers.push_back(part.name);
    }
    parts_.clear();
  }

  // A message that another program has put back into new/. If it is in cur/ as well, the other is a foreign file.
  bool see_ours_in_new(const std::string& name, const ParsedFileName& parsed) {
    const Message* const message = parsed.folder == folder_.id ? folder_.find(parsed.uid) : nullptr;
    if (message == nullptr || message->unique != parsed.unique) return false;
    const auto place = static_cast<std::size_t>(message - folder_.messages.data());
    if (found_[place]) return false;
    found_[place] = true;
    note_renamed(name, parsed);
    scan_.renamed.back().in_new = true;
    return true;
  }

  // Of a COPY or MOVE that was never answered: the message itself is elsewhere, or was expunged there since.
  bool see_leftover(const std::string& name, const ParsedFileName& parsed) {
    if (!known_) known_ = known_marks(access_.state);
    if (!known_->contains(mark_of(parsed.unique))) return false;
    scan_.leftovers.push_back(name);
    return true;
  }

  // The same message under two names: that stays which can be it by type and size. If both can, it is the name in the
  // log.
  void see_double(int directory, const std::string& name, const ParsedFileName& parsed, const Message& message) {
    const auto fits = [&](const std::string& file) {
      const auto status = access_.disk.status_at(directory, file);
      return status && status->is_regular && status->size == message.size;
    };
    const std::string expected = name_of(access_.state, folder_, message);
    const auto renamed = renamed_.find(parsed.uid);
    const std::string other = renamed == renamed_.end() ? expected : scan_.renamed[renamed->second].name;
    const bool better = fits(name) && (name == expected || !fits(other));
    scan_.leftovers.push_back(better ? other : name);
    if (better) note_renamed(name, parsed);
  }

  void note_renamed(const std::string& name, const ParsedFileName& parsed) {
    FolderScan::Renamed found{parsed.uid, name, parsed.flags};
    const auto [at, fresh] = renamed_.emplace(parsed.uid, scan_.renamed.size());
    if (fresh) {
      scan_.renamed.push_back(std::move(found));
    } else {
      scan_.renamed[at->second] = std::move(found);
    }
  }

  // Whether the name is that of a message, there or gone, of the folder it speaks of.
  [[nodiscard]] bool was_message(const ParsedFileName& parsed) const {
    const Folder* const named = access_.state.find(parsed.folder);
    if (named == nullptr) return false;
    const Message* const message = named->find(parsed.uid);
    if (message != nullptr) return message->unique == parsed.unique;
    const auto is_it = [&parsed](const Tombstone& gone) {
      return gone.uid == parsed.uid && gone.mark == mark_of(parsed.unique);
    };
    return std::any_of(named->tombstones.begin(), named->tombstones.end(), is_it);
  }

  void see_foreign(int directory, const std::string& name, const ParsedFileName& parsed, bool in_new) {
    Candidate candidate;
    candidate.directory = directory;
    candidate.parsed = parsed;
    candidate.foreign.name = name;
    candidate.foreign.in_new = in_new;
    candidate.foreign.message.flags = in_new ? std::uint8_t{0} : parsed.flags;
    if (parsed.ours) candidate.foreign.message.unique = parsed.unique;
    candidates_.push_back(std::move(candidate));
  }

  Result<void> take_candidates() {
    measure_all(access_.disk, candidates_);
    std::unordered_set<std::size_t> waiting;  // sets of which not all can be read
    for (const Candidate& candidate : candidates_) {
      if (candidate.failure) return *candidate.failure;
      unreadable_ = unreadable_ || candidate.is_unreadable;
      if (candidate.set != 0 && !candidate.is_mail) waiting.insert(candidate.set);
    }
    unreadable_ = unreadable_ || !waiting.empty();
    for (Candidate& candidate : candidates_) {
      if (candidate.is_mail && !waiting.contains(candidate.set)) scan_.foreign.push_back(std::move(candidate.foreign));
    }
    candidates_.clear();
    return {};
  }

  // A directory that changes while it is read may hide a name: who is not found is looked for once more by name, and
  // by a second reading.
  Result<void> look_for_missing() {
    UidSet missing;
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (!found_[i]) add_uid(missing, folder_.messages[i].uid);
    }
    if (missing.empty()) return {};
    const auto directory = access_.disk.open(access_.directory, folder_.directory + "/cur", Disk::Access::directory);
    if (!directory) return directory.error();
    const auto names = access_.disk.list(directory->get());
    if (!names) return names.error();
    std::unordered_set<Uid> there;
    for (const std::string& name : *names) {
      const ParsedFileName parsed = parse_file_name(name);
      const Message* const message = parsed.ours && parsed.folder == folder_.id ? folder_.find(parsed.uid) : nullptr;
      if (message != nullptr && message->unique == parsed.unique) there.insert(parsed.uid);
    }
    for (const UidRange& range : missing) {
      for (Uid uid = range.first;; ++uid) {
        const std::string name = name_of(access_.state, folder_, *folder_.find(uid));
        if (!there.contains(uid) && !access_.disk.status_at(directory->get(), name)) add_uid(scan_.missing, uid);
        if (uid == range.last) break;
      }
    }
    return {};
  }

  const std::unordered_map<Uid, std::uint64_t>& tombstones() {
    if (!tombstones_) {
      tombstones_.emplace();
      for (const Tombstone& gone : folder_.tombstones) tombstones_->emplace(gone.uid, gone.mark);
    }
    return *tombstones_;
  }

  struct Part {  // of a set of messages
    SetPlace place;
    std::string name;
    ParsedFileName parsed;
    bool is_taken = false;
  };

  AccountAccess& access_;
  const Folder& folder_;
  FolderScan scan_;
  std::map<std::uint64_t, Part> parts_;  // by mark
  std::size_t sets_ = 0;                 // whole ones among the candidates
  std::vector<Candidate> candidates_;
  bool unreadable_ = false;                       // there may be mail that was not seen
  std::vector<bool> found_;                       // by place in folder_.messages
  std::unordered_map<Uid, std::size_t> renamed_;  // place in scan_.renamed
  std::optional<std::unordered_map<Uid, std::uint64_t>> tombstones_;
  std::optional<std::unordered_set<std::uint64_t>> known_;
};

// Names that are not those in the log. Other programs change flags there, and that counts, unless the log has changed
// the flags of the message since it knew its name: then the name may be one of ours, from before a crash, and the log
// wins. Until the directory is synced nobody knows which of two names a crash would leave.
void plan_renamed(Plan& plan, FolderId id, const std::vector<FolderScan::Renamed>& renamed) {
  const Folder& folder = *plan.state.find(id);
  std::map<std::uint8_t, UidSet> changed;  // by the flags in the names
  UidSet named;
  for (const FolderScan::Renamed& found : renamed) {
    Message message = *folder.find(found.uid);
    const UidRange one{found.uid, found.uid};
    const bool foreign = !message.name_behind && found.flags != message.flags;
    if (foreign) changed[found.flags].push_back(one);
    if (foreign || message.name_behind) named.push_back(one);
    message.name_flags = foreign ? found.flags : message.flags;
    const std::string name = name_of(plan.state, folder, message);
    if (name == found.name && !found.in_new) continue;
    plan.actions.push_back(file_action::TakeIn{folder.directory, found.in_new, found.name, name});
  }
  const Modseq modseq = plan.next_modseq();
  for (auto& [flags, uids] : changed) {
    plan.add(entry::FlagsChanged{id, normalized(std::move(uids)), modseq, flag::all, flags, {}, {}});
  }
  if (named.empty()) return;
  plan.actions.push_back(file_action::SyncNames{folder.directory});
  plan.add(entry::Named{id, normalized(std::move(named))});
}

}  // namespace

Result<bool> scan_is_due(AccountAccess& access, const Folder& folder) {
  const FolderWatch& watch = access.watches[folder.directory];
  if (!watch.scanned) return true;
  const auto mtime = [&](const char* part) -> Result<std::int64_t> {
    const auto status = access.disk.status_at(access.directory, folder.directory + part);
    if (!status && loop::is_missing(status.error())) return no_directory_ns;
    if (!status) return status.error();
    return status->modified_ns;
  };
  const auto fresh = mtime("/new");
  if (!fresh) return fresh.error();
  if (*fresh != watch.new_ns) return true;
  const auto cur = mtime("/cur");
  if (!cur) return cur.error();
  if (*cur != watch.cur_ns) return true;
  return watch.suspect && access.now - watch.scanned_at >= suspicion_seconds;
}

Result<FolderScan> scan_folder(AccountAccess& access, const Folder& folder) {
  return Scanner(access, folder).run();
}

void plan_scan(Plan& plan, FolderId id, const FolderScan& scan) {
  const Folder& folder = *plan.state.find(id);
  for (const std::string& name : scan.unfinished_removals) plan.clean_ups.push_back({folder.directory, name});
  for (const std::string& name : scan.leftovers) plan.actions.push_back(file_action::SetAside{folder.directory, name});
  plan_renamed(plan, id, scan.renamed);
  if (!scan.missing.empty()) plan.add(entry::Expunged{id, scan.missing, plan.next_modseq()});
  const Modseq modseq = plan.next_modseq();
  for (const FolderScan::Foreign& foreign : scan.foreign) {
    Message message = foreign.message;
    if (message.unique == Unique{}) message.unique = new_unique();
    message.thread = thread_of(message.thread, message.unique);
    message.uid = folder.uidnext;
    message.name_flags = message.flags;
    message.modseq = modseq;
    message.save_date = plan.now;
    plan_directory(plan, folder);
    plan.actions.push_back(
        file_action::TakeIn{folder.directory, foreign.in_new, foreign.name, name_of(plan.state, folder, message)});
    plan.add(entry::Arrived{id, message, {}});
  }
}

}  // namespace mailtree::store
