// SPDX-License-Identifier: Apache-2.0
// Making and giving up the ballast.
#include "store/daemon/ballast.h"

#include <sys/statvfs.h>

#include "log/log.h"
#include "net/digest.h"

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr const char* ballast_file = "ballast";
constexpr const char* draft_file = "ballast.new";
constexpr std::uint64_t chunk = std::uint64_t{1} << 20;

// Octets that no file system compresses away.
Result<void> write_ballast(Disk& disk, int directory) {
  const auto file = disk.open(directory, draft_file, Disk::Access::create_new);
  if (!file) return file.error();
  Result<void> done;
  for (std::uint64_t at = 0; done && at < Ballast::octets; at += chunk) {
    done = disk.write_at(file->get(), net::random_octets(chunk), at);
  }
  if (done) done = disk.sync_data(file->get());
  if (done) done = disk.rename(directory, draft_file, directory, ballast_file, true);
  if (done) done = disk.sync_directory(directory);
  return done;
}

}  // namespace

void Ballast::give_up(Disk& disk, int partition_directory) {
  const std::lock_guard lock(mutex_);
  const auto gone = disk.unlink(partition_directory, ballast_file);
  if (!gone) return;  // given up before, by us or by another process; or the next try fails as this one did
  // Some file systems hand freed blocks out only after the journal's next commit.
  static_cast<void>(disk.sync_directory(partition_directory));
  log::event(log::Level::alarm, "store.ballast.given_up", {{"octets", std::to_string(octets)}});
}

Result<void> Ballast::make(Disk& disk, int partition_directory, std::uint64_t room) {
  const std::lock_guard lock(mutex_);
  const auto there = disk.status_at(partition_directory, ballast_file);
  if (there && there->size >= octets) return {};
  if (!there && !loop::is_missing(there.error())) return there.error();
  if (room < reserved_octets + 2 * octets) return Error::temporary(Condition::too_big, "no room for a ballast");
  const auto removed = disk.unlink(partition_directory, draft_file);
  if (!removed && !loop::is_missing(removed.error())) return removed;
  auto made = write_ballast(disk, partition_directory);
  if (!made) {
    static_cast<void>(disk.unlink(partition_directory, draft_file));
    return made;
  }
  log::event(log::Level::info, "store.ballast.made", {{"octets", std::to_string(octets)}});
  return {};
}

std::uint64_t free_octets(int directory) {
  struct statvfs space {};
  if (::fstatvfs(directory, &space) != 0) return UINT64_MAX;
  return std::uint64_t{space.f_bavail} * space.f_frsize;
}

}  // namespace mailtree::store
