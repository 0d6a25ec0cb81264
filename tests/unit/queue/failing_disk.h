// SPDX-License-Identifier: Apache-2.0
// A disk that fails at its n-th call that changes something: once (an error), or from then on (the process died there).
#pragma once

#include "loop/disk.h"

namespace mailtree::queue {

class FailingDisk : public loop::Disk {
 public:
  std::uint64_t fail_at = ~0ULL;  // counted from 1
  bool stay_down = false;
  Condition condition = Condition::storage;
  std::uint64_t calls = 0;

  Result<UniqueFd> open(int d, const std::string& path, Access access) override {
    if (access == Access::create_new && broken()) return error();
    return real_.open(d, path, access);
  }
  Result<UniqueFd> open_unnamed(int d) override {
    if (broken()) return error();
    return real_.open_unnamed(d);
  }
  Result<std::size_t> read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) override {
    return real_.read_at(fd, buffer, size, offset);
  }
  Result<void> write_at(int fd, std::string_view octets, std::uint64_t offset) override {
    if (!broken()) return real_.write_at(fd, octets, offset);
    (void)real_.write_at(fd, octets.substr(0, octets.size() / 2), offset).has_value();  // a short write
    return error();
  }
  Result<void> truncate(int fd, std::uint64_t size) override { return broken() ? failed() : real_.truncate(fd, size); }
  Result<loop::FileStatus> status(int fd) override { return real_.status(fd); }
  Result<loop::FileStatus> status_at(int d, const std::string& name) override { return real_.status_at(d, name); }
  Result<void> sync_data(int fd) override { return broken() ? failed() : real_.sync_data(fd); }
  Result<void> sync_directory(int fd) override { return broken() ? failed() : real_.sync_directory(fd); }
  Result<void> sync_file_system(int fd) override { return real_.sync_file_system(fd); }
  Result<void> link_open_file(int fd, int d, const std::string& name) override {
    return broken() ? failed() : real_.link_open_file(fd, d, name);
  }
  Result<void> link(int from, const std::string& old, int d, const std::string& name) override {
    return broken() ? failed() : real_.link(from, old, d, name);
  }
  Result<void> rename(int from, const std::string& old, int d, const std::string& name, bool replace) override {
    return broken() ? failed() : real_.rename(from, old, d, name, replace);
  }
  Result<void> unlink(int d, const std::string& name) override { return broken() ? failed() : real_.unlink(d, name); }
  Result<void> make_directory(int d, const std::string& name) override {
    return broken() ? failed() : real_.make_directory(d, name);
  }
  Result<void> remove_directory(int d, const std::string& name) override { return real_.remove_directory(d, name); }
  Result<std::vector<std::string>> list(int d) override { return real_.list(d); }

 private:
  bool broken() {
    ++calls;
    return stay_down ? calls >= fail_at : calls == fail_at;
  }
  [[nodiscard]] Result<void> failed() const { return error(); }
  [[nodiscard]] Error error() const { return Error::temporary(condition, "made to fail"); }
  loop::RealDisk real_;
};

}  // namespace mailtree::queue
