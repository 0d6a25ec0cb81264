// SPDX-License-Identifier: Apache-2.0
// A disk that knows what a power cut would take: data written and not synced, names made and directories not synced.
// It counts every name that was given to unsynced data.
#pragma once

#include <sys/stat.h>

#include <cstdlib>
#include <set>

#include "failing_disk.h"

namespace mailtree::queue {

class WatchingDisk final : public FailingDisk {
 public:
  std::size_t names_before_data = 0;
  [[nodiscard]] bool everything_is_durable() const { return unsynced_files_.empty() && unsynced_directories_.empty(); }

  Result<void> write_at(int fd, std::string_view octets, std::uint64_t offset) override {
    unsynced_files_.insert(inode(fd));
    return FailingDisk::write_at(fd, octets, offset);
  }
  Result<void> sync_data(int fd) override {
    unsynced_files_.erase(inode(fd));
    return FailingDisk::sync_data(fd);
  }
  Result<void> sync_directory(int fd) override {
    unsynced_directories_.erase(inode(fd));
    return FailingDisk::sync_directory(fd);
  }
  Result<void> link_open_file(int fd, int directory, const std::string& name) override {
    if (unsynced_files_.count(inode(fd)) != 0) ++names_before_data;
    auto linked = FailingDisk::link_open_file(fd, directory, name);
    if (linked) unsynced_directories_.insert(inode(directory));
    return linked;
  }
  Result<void> rename(int from, const std::string& old, int directory, const std::string& name, bool replace) override {
    unsynced_directories_.insert(inode(from));
    unsynced_directories_.insert(inode(directory));
    return FailingDisk::rename(from, old, directory, name, replace);
  }

 private:
  static std::uint64_t inode(int fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) std::abort();
    return status.st_ino;
  }
  std::set<std::uint64_t> unsynced_files_, unsynced_directories_;
};

}  // namespace mailtree::queue
