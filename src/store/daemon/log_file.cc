// SPDX-License-Identifier: Apache-2.0
// Loading, appending to and replacing a log.
#include "store/daemon/log_file.h"

#include <algorithm>

#include "net/digest.h"
#include "store/daemon/aside.h"
#include "store/daemon/log_frame.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr std::size_t rewrite_frame_octets = 1U << 20;

std::uint64_t new_log_id() {
  return OctetReader(net::random_octets(8)).little<std::uint64_t>();
}

// Good records behind damage: each entry that still makes sense is taken, the rest is lost.
void salvage(const LogScan& scan, AccountState& state) {
  for (const Frame& frame : scan.stray_frames) {
    const Result<Commit> commit = decode_commit(frame.payload);
    if (!commit) continue;
    for (const Entry& entry : commit->entries) static_cast<void>(apply(state, entry, commit->time));
    state.modseq = std::max(state.modseq, commit->modseq);
  }
}

// Folds the good frames; false (and `problem`) at the first that does not fit. An error: a newer program wrote it.
Result<bool> fold(const LogScan& scan, LogFile::Loaded& loaded, LogPosition& position, std::uint64_t& sequence) {
  position.log_id = scan.log_id;
  position.octets = log_preamble_octets;
  for (const Frame& frame : scan.frames) {
    if (frame.type == frame_type::commit) {
      const Result<Commit> commit = decode_commit(frame.payload);
      const Result<void> applied = commit ? apply(loaded.state, *commit) : Result<void>(commit.error());
      if (!applied) {
        if (applied.error().condition == Condition::cannot) return applied.error();
        loaded.problem = applied.error().detail;
        return false;
      }
    }
    position.octets = frame.offset + frame_header_octets + frame.payload.size();
    position.crc = frame.crc;
    sequence = frame.sequence;
  }
  return true;
}

// Whether the log ends before what was shown of the account. MODSEQ tells: rows are written after their record is
// durable, a row of another boot is not kept, a rewritten log keeps the counter, and every record that gives or takes a
// UID or changes a message raises it. A record that was written but not acknowledged makes the log newer, never older.
// Id and length alone do not tell: a log that was rewritten just before a kill -9 has another id and is shorter though
// nothing is lost, and its row was never brought up to date. In the same log a lesser length does: it loses what no
// MODSEQ counts, subscriptions.
bool ends_before(const AccountState& state, const LogPosition& position, const Shown& shown) {
  if (state.modseq < shown.modseq) return true;
  return position.log_id == shown.position.log_id && position.octets < shown.position.octets;
}

// Whether the record that was the last one when the account was shown does not stand where it stood, in this log or in
// one that this took the place of. A log that was put back and written on by somebody who did not know may have grown
// beyond what was shown: it is another one all the same.
bool has_parted(const LogScan& scan, const AccountState& state, const Shown& shown) {
  if (scan.log_id != shown.position.log_id) {
    const auto left_before = [&shown](const LogEndMark& log) {
      return log.log_id == shown.position.log_id && log.octets < shown.position.octets;
    };
    return std::any_of(state.ancestors.begin(), state.ancestors.end(), left_before);
  }
  const auto is_it = [&shown](const Frame& frame) {
    return frame.offset + frame_header_octets + frame.payload.size() == shown.position.octets &&
           frame.crc == shown.position.crc;
  };
  return std::none_of(scan.frames.begin(), scan.frames.end(), is_it);
}

bool has_unknown_frame(const LogScan& scan) {
  for (const Frame& frame : scan.frames) {
    if (frame.type != frame_type::commit && (frame.flags & frame_may_skip) == 0) return true;
  }
  return false;
}

// What was read may have been in memory only, after kill -9 between write and sync: it counts from here on. And if an
// earlier process died after its sync had failed, the pages of the last record may look clean without being on disk
// (reliability C3): they are written once more. Nothing before it can be so, since nothing follows a failed sync.
Result<void> settle_last(Disk& disk, int fd, const std::string& octets, const Frame& last) {
  const auto begin = static_cast<std::size_t>(last.offset);
  const std::size_t count = frame_header_octets + last.payload.size();
  const Result<void> written = disk.write_at(fd, std::string_view(octets).substr(begin, count), last.offset);
  if (!written) return written;
  return disk.sync_data(fd);
}

// The name that a new log has until it is complete: free of what a crash left, or somebody put there.
Result<void> clear_way(Disk& disk, int directory) {
  const auto status = disk.status_at(directory, new_log_name);
  if (!status && loop::is_missing(status.error())) return {};
  if (status && status->is_directory) {
    auto aside = Aside::open(disk, directory);
    auto kept = aside ? aside->keep(directory, new_log_name) : Result<void>(aside.error());
    if (kept) kept = aside->sync();
    return kept;
  }
  const Result<void> removed = disk.unlink(directory, new_log_name);
  if (!removed && loop::is_missing(removed.error())) return {};
  return removed;
}

}  // namespace

Result<void> LogFile::append(Disk& disk, std::uint64_t generation, const Commit& commit) {
  const std::string payload = encode(commit);
  if (payload.size() > max_frame_payload) return Error::temporary(Condition::limit, "commit record too large");
  std::string frame;
  frame.reserve(payload.size() + frame_header_octets);
  const std::uint32_t crc = put_frame(frame, position_.log_id, position_.octets, generation, sequence_ + 1, payload);
  const Result<void> written = disk.write_at(file_.get(), frame, position_.octets);
  if (!written) return written;
  const Result<void> synced = disk.sync_data(file_.get());
  if (!synced) {
    sync_failed_ = true;
    return synced;
  }
  position_.octets += frame.size();
  position_.crc = crc;
  ++sequence_;
  return {};
}

Result<LogFile> LogFile::replace(Disk& disk, int directory, std::uint64_t generation, const AccountState& state,
                                 std::int64_t now, Forgetting forgetting) {
  const Result<void> cleared = clear_way(disk, directory);
  if (!cleared) return cleared.error();
  auto file = disk.open(directory, new_log_name, Disk::Access::create_new);
  if (!file) return file.error();
  LogFile log;
  log.file_ = std::move(*file);
  log.position_.log_id = new_log_id();
  std::string octets = log_preamble(log.position_.log_id);

  AccountState copy;  // folded along, so that each frame carries the numbers its reader will have
  Commit commit;
  commit.time = now;
  std::size_t weight = 0;
  const auto flush = [&] {
    commit.modseq = copy.modseq;
    commit.totals = copy.totals;
    log.position_.crc =
        put_frame(octets, log.position_.log_id, octets.size(), generation, ++log.sequence_, encode(commit));
    commit.entries.clear();
    weight = 0;
  };
  const bool all = forgetting == Forgetting::nothing;
  for (Entry& entry : snapshot(state, all ? 0 : now - tombstone_seconds, all ? 0 : now - mark_seconds)) {
    const Result<void> applied = apply(copy, entry, now);
    if (!applied) return applied.error();
    std::string encoded;
    encode_entry(encoded, entry);
    weight += encoded.size();
    commit.entries.push_back(std::move(entry));
    if (weight >= rewrite_frame_octets) flush();
  }
  flush();
  log.position_.octets = octets.size();

  const Result<void> written = disk.write_at(log.file_.get(), octets, 0);
  if (!written) return written.error();
  const Result<void> synced = disk.sync_data(log.file_.get());
  if (!synced) return synced.error();
  const Result<void> renamed = disk.rename(directory, new_log_name, directory, log_name, true);
  if (!renamed) return renamed.error();
  const Result<void> settled = disk.sync_directory(directory);
  if (!settled) return settled.error();
  return log;
}

Result<bool> LogFile::is_at(Disk& disk, int partition, const std::string& path) {
  const auto there = disk.status_at(partition, path + "/" + log_name);
  if (!there && loop::is_missing(there.error())) return false;
  if (!there) return there.error();
  if (!identity_) {
    const auto ours = disk.status(file_.get());
    if (!ours) return ours.error();
    identity_.emplace(ours->device, ours->inode);
  }
  return *identity_ == std::pair(there->device, there->inode);
}

bool LogFile::is_mostly_garbage(const AccountState& state, const LogLimits& limits) const {
  std::uint64_t live = 1024 + state.metadata_octets();
  for (const auto& [id, folder] : state.folders) {
    live += 200 + folder.messages.size() * 56 + folder.tombstones.size() * 30 + folder.acl.size() * 40;
  }
  return position_.octets > limits.floor_octets && position_.octets > limits.live_factor * live;
}

Result<LogFile::Loaded> LogFile::load(Disk& disk, int directory, const std::optional<LogPosition>& trusted,
                                      const std::optional<Shown>& shown) {
  auto file = disk.open(directory, log_name, Disk::Access::read_write);
  if (!file) return file.error();
  const auto status = disk.status(file->get());
  if (!status) return status.error();
  if (!status->is_regular) {
    Loaded other;
    other.damaged = true;
    other.problem = "the log is not a file";
    return other;
  }
  if (status->size > max_log_octets) {
    return Error::temporary(Condition::too_long, "log of " + std::to_string(status->size) + " octets");
  }
  Result<std::string> octets = loop::read_octets(disk, file->get(), status->size);
  if (!octets) return octets.error();
  Loaded loaded;
  // A log of another id has replaced the doubtful one before something else failed: it was synced as a whole.
  loaded.doubtful = trusted && octets->starts_with(log_preamble(trusted->log_id));
  if (loaded.doubtful && trusted->octets < octets->size()) octets->resize(static_cast<std::size_t>(trusted->octets));
  loaded.shared = status->links > 1;
  const bool in_place = !loaded.doubtful && !loaded.shared;
  const LogScan scan = scan_log(*octets);
  if (has_unknown_frame(scan)) return Error::temporary(Condition::cannot, "log of a newer program");
  const Result<bool> folded = fold(scan, loaded, loaded.log.position_, loaded.log.sequence_);
  if (!folded) return folded.error();
  if (!*folded || scan.end == LogEnd::damaged) {
    loaded.damaged = true;
    if (loaded.problem.empty()) loaded.problem = "bad octets at " + std::to_string(scan.good_octets);
    salvage(scan, loaded.state);
    return loaded;
  }
  if (scan.frames.empty()) {
    loaded.damaged = true;  // the first record is synced before the log gets its name
    loaded.problem = "log without a record";
    return loaded;
  }
  loaded.generation = scan.frames.back().generation;
  loaded.older = shown && (ends_before(loaded.state, loaded.log.position_, *shown) ||
                           has_parted(scan, loaded.state, *shown));
  if (loaded.older && scan.end == LogEnd::torn) {
    loaded.damaged = true;  // no unfinished record: these octets were acknowledged
    loaded.problem = "acknowledged records are unreadable from " + std::to_string(scan.good_octets);
    return loaded;
  }
  if (scan.end == LogEnd::torn && in_place) {
    loaded.torn = true;
    const Result<void> cut = disk.truncate(file->get(), scan.good_octets);
    if (!cut) return cut.error();
  }
  loaded.as_shown = shown && scan.end == LogEnd::clean && loaded.log.position_ == shown->position;
  if (in_place && !loaded.as_shown) {
    const Result<void> settled = settle_last(disk, file->get(), *octets, scan.frames.back());
    if (!settled) return settled.error();
  }
  loaded.log.file_ = std::move(*file);
  loaded.log.identity_.emplace(status->device, status->inode);
  return loaded;
}

}  // namespace mailtree::store
