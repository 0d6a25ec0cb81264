// SPDX-License-Identifier: Apache-2.0
// Disk: the calls through which everything durable passes, as an interface, so that tests can count, fail and simulate
// them. Synchronous: call from WorkerPool jobs. No state: any thread. Nothing follows a symbolic link, nothing leaves
// the given directory, every descriptor is close-on-exec, names are relative to a directory descriptor. Errors are
// temporary. Their condition says what callers decide on: no_such_message = ENOENT, exists = EEXIST or ENOTEMPTY,
// cannot = this kind of link is impossible here (EXDEV, EMLINK, EPERM), too_big = full (ENOSPC, EDQUOT), storage = all
// else.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace mailtree::loop {

struct FileStatus {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::uint64_t links = 0;
  std::int64_t modified_ns = 0;  // since 1970, as coarse as the file system has it
  bool is_regular = false;
  bool is_directory = false;
};

class Disk {
 public:
  enum class Access { read, read_write, create_new, directory };

  virtual ~Disk() = default;

  // `path` may have several components. create_new fails if the name exists; files get mode 0600.
  virtual Result<UniqueFd> open(int directory, const std::string& path, Access access) = 0;
  // Without a name (O_TMPFILE), read and write; gone with its last descriptor unless linked.
  virtual Result<UniqueFd> open_unnamed(int directory) = 0;

  virtual Result<std::size_t> read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) = 0;  // 0 = end
  virtual Result<void> write_at(int fd, std::string_view octets, std::uint64_t offset) = 0;               // all of it
  virtual Result<void> truncate(int fd, std::uint64_t size) = 0;
  virtual Result<FileStatus> status(int fd) = 0;
  virtual Result<FileStatus> status_at(int directory, const std::string& name) = 0;

  // A failure is final for that file: its data must be written anew elsewhere before it counts (fsyncgate).
  virtual Result<void> sync_data(int fd) = 0;
  virtual Result<void> sync_directory(int fd) = 0;
  virtual Result<void> sync_file_system(int fd) = 0;  // everything on it: for bulk work only
  // After sync_file_system(): whether the data of this file, open since before or freshly opened, got there. Costs no
  // flush of the disk where the system can tell without.
  virtual Result<void> check_synced(int fd) { return sync_data(fd); }

  // Gives an open file another name; never replaces.
  virtual Result<void> link_open_file(int fd, int directory, const std::string& name) = 0;
  virtual Result<void> link(int from_directory, const std::string& from, int directory, const std::string& name) = 0;
  // Replaces an existing file only if `replace`.
  virtual Result<void> rename(int from_directory, const std::string& from, int directory, const std::string& name,
                              bool replace) = 0;
  virtual Result<void> unlink(int directory, const std::string& name) = 0;
  virtual Result<void> make_directory(int directory, const std::string& name) = 0;  // mode 0700
  virtual Result<void> remove_directory(int directory, const std::string& name) = 0;
  // All names but "." and "..", in the order of the file system.
  virtual Result<std::vector<std::string>> list(int directory) = 0;
};

// The kernel's file systems.
class RealDisk : public Disk {
 public:
  Result<UniqueFd> open(int directory, const std::string& path, Access access) override;
  Result<UniqueFd> open_unnamed(int directory) override;
  Result<std::size_t> read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) override;
  Result<void> write_at(int fd, std::string_view octets, std::uint64_t offset) override;
  Result<void> truncate(int fd, std::uint64_t size) override;
  Result<FileStatus> status(int fd) override;
  Result<FileStatus> status_at(int directory, const std::string& name) override;
  Result<void> sync_data(int fd) override;
  Result<void> sync_directory(int fd) override;
  Result<void> sync_file_system(int fd) override;
  Result<void> check_synced(int fd) override;
  Result<void> link_open_file(int fd, int directory, const std::string& name) override;
  Result<void> link(int from_directory, const std::string& from, int directory, const std::string& name) override;
  Result<void> rename(int from_directory, const std::string& from, int directory, const std::string& name,
                      bool replace) override;
  Result<void> unlink(int directory, const std::string& name) override;
  Result<void> make_directory(int directory, const std::string& name) override;
  Result<void> remove_directory(int directory, const std::string& name) override;
  Result<std::vector<std::string>> list(int directory) override;
};

inline bool is_missing(const Error& error) {
  return error.condition == Condition::no_such_message;
}
inline bool is_taken(const Error& error) {
  return error.condition == Condition::exists;
}

// The first `size` octets of a file, or fewer if it ends before.
Result<std::string> read_octets(Disk& disk, int fd, std::uint64_t size);
// The whole file, at most `max` octets (else Condition::too_long).
Result<std::string> read_whole(Disk& disk, int fd, std::uint64_t max);

}  // namespace mailtree::loop
