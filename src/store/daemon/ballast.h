// SPDX-License-Identifier: Apache-2.0
// Ballast: a file that does nothing but occupy 16 MiB of a partition. On a full disk it is given up, so that what makes
// room (EXPUNGE, a shorter log) still has the few blocks it needs; with room again it is made again. Any thread.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/result.h"
#include "loop/disk.h"

namespace mailtree::store {

class Ballast {
 public:
  static constexpr std::uint64_t octets = std::uint64_t{16} << 20;

  // After "disk full" (ENOSPC, EDQUOT): afterwards the caller may try once more. Alarms if there was a ballast.
  void give_up(loop::Disk& disk, int partition_directory);
  // Makes it unless it is there; `room`: octets free on the disk. About 16 MiB are written and synced: on a pool
  // thread. Condition::too_big if the disk has less room than stored wants to keep free anyway; else what went wrong.
  // Nothing is left of a failure.
  Result<void> make(loop::Disk& disk, int partition_directory, std::uint64_t room);

 private:
  std::mutex mutex_;
};

constexpr std::uint64_t reserved_octets = std::uint64_t{64} << 20;  // below it no new message is taken

// Free for us on the file system of the directory. One that does not say counts as endless: it will say ENOSPC.
std::uint64_t free_octets(int directory);

}  // namespace mailtree::store
