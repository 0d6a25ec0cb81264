// SPDX-License-Identifier: Apache-2.0
// The log of one account on disk: loaded, appended to, replaced. Synchronous, for pool threads; one user at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"
#include "store/daemon/entry.h"
#include "store/index_format.h"

namespace mailtree::store {

constexpr const char* log_name = "log";
constexpr const char* new_log_name = "log.new";  // until it is complete

// When a log is rewritten: once it is larger than both.
struct LogLimits {
  std::uint64_t floor_octets = 64U << 10;
  std::uint64_t live_factor = 2;  // times what its state needs
};

// Whether a new log leaves out tombstones and marks that are old enough. Only if no file can come back that they would
// have to recognise: all folders looked through, all removals durable.
enum class Forgetting { nothing, what_is_old };

class LogFile {
 public:
  // Appends one commit and makes it durable. After a failure the log is unusable: what the disk has is unknown
  // (reliability C3), and only replace() with the state before may go on. But if the disk was too full to be written to
  // (may_append_again()), the same commit may be tried once more: no sync has failed.
  [[nodiscard]] bool may_append_again() const { return !sync_failed_; }
  Result<void> append(loop::Disk& disk, std::uint64_t generation, const Commit& commit);

  // A new log that holds exactly `state`: written beside, synced, renamed over the old one, directory synced.
  static Result<LogFile> replace(loop::Disk& disk, int directory, std::uint64_t generation, const AccountState& state,
                                 std::int64_t now, Forgetting forgetting = Forgetting::nothing);

  [[nodiscard]] const LogPosition& position() const { return position_; }
  // To be added to the state that replace() writes, unless that is not what this log says.
  [[nodiscard]] Entry as_ancestor() const { return entry::Ancestor{{position_.log_id, position_.octets}}; }
  // Whether the account's log, `path` below the partition, still is this file. An error if that cannot be told.
  // One look, but for the first time after replace().
  [[nodiscard]] Result<bool> is_at(loop::Disk& disk, int partition, const std::string& path);
  // Frames of one commit each would fill most of it: worth a replace().
  [[nodiscard]] bool is_mostly_garbage(const AccountState& state, const LogLimits& limits) const;

  struct Loaded;
  // `shown`: what the index says that the log held once; for the verdict only.
  static Result<Loaded> load(loop::Disk& disk, int directory, const std::optional<LogPosition>& trusted,
                             const std::optional<Shown>& shown);

 private:
  UniqueFd file_;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> identity_;  // device and inode of file_, while it is open
  LogPosition position_;
  std::uint64_t sequence_ = 0;
  bool sync_failed_ = false;
};

// What loading found. `trusted` is where a log ended before a failed sync: what follows is left out, and if `doubtful`
// the caller must replace() the log before anything else, as it must if the log is `shared`. A log with another id was
// put in its place already.
struct LogFile::Loaded {
  LogFile log;
  AccountState state;
  bool doubtful = false;
  bool torn = false;      // an unfinished record was cut off, durably
  bool shared = false;    // it has another name, in aside/ or in a backup: it must not be changed in place
  bool as_shown = false;  // exactly what the index row stands for: durable before the row was written
  bool older = false;     // whole, but not what was shown, or it ends before that: put back from a backup
  std::uint64_t generation = 0;  // of the last record
  bool damaged = false;   // `state` is what could be saved: set the log aside, replace(), look through all folders
  std::string problem;
};

}  // namespace mailtree::store
