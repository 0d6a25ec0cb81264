// SPDX-License-Identifier: Apache-2.0
// A Disk that counts the calls that change or sync something (all calls, if asked), and fails from a given one on:
// alone (a bad sector) or with all later ones (the process was killed there, the disk is full). Errors carry the
// condition that RealDisk gives to the same error number.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

#include "loop/disk.h"

namespace mailtree::test {

class FailingDisk final : public loop::Disk {
 public:
  enum class Mode { never, once, from_then_on };
  // What the kernel says. A short write leaves half of the octets and then says ENOSPC, as a full disk does.
  enum class Fault { io, full, quota, descriptors, short_write };

  // The call number `number` from now on, counted from 1.
  void fail(std::uint64_t number, Mode mode, Fault fault = Fault::short_write) {
    calls_ = 0;
    fail_at_ = number;
    mode_ = mode;
    fault_ = fault;
    failed_writing_ = false;
  }
  // Whether a call that failed was a write: only these can be short.
  [[nodiscard]] bool failed_writing() const { return failed_writing_; }
  // Also those that only read: open, pread, fstat, fstatat, readdir.
  void count_every_call() { every_call_ = true; }
  void heal() { mode_ = Mode::never; }
  // Once, before the next write: what happens while a process stands still there.
  std::function<void()> before_write;
  [[nodiscard]] std::uint64_t calls() const { return calls_; }
  [[nodiscard]] std::uint64_t looks() const { return looks_; }  // calls that change nothing
  void count_anew() { calls_ = looks_ = 0; }

  Result<UniqueFd> open(int directory, const std::string& path, Access access) override {
    looks_ += access == Access::create_new ? 0 : 1;
    if (access == Access::create_new ? fails() : read_fails()) return error();
    return real_.open(directory, path, access);
  }
  Result<UniqueFd> open_unnamed(int directory) override {
    if (fails()) return error();
    return real_.open_unnamed(directory);
  }
  Result<std::size_t> read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) override {
    ++looks_;
    if (read_fails()) return error();
    return real_.read_at(fd, buffer, size, offset);
  }
  Result<void> write_at(int fd, std::string_view octets, std::uint64_t offset) override {
    if (before_write) std::exchange(before_write, nullptr)();
    if (fails()) {
      failed_writing_ = true;
      if (fault_ == Fault::short_write) {
        // Half of it is there: what a crash or a full disk leaves.
        static_cast<void>(real_.write_at(fd, octets.substr(0, octets.size() / 2), offset));
      }
      return error();
    }
    return real_.write_at(fd, octets, offset);
  }
  Result<void> truncate(int fd, std::uint64_t size) override {
    if (fails()) return error();
    return real_.truncate(fd, size);
  }
  Result<loop::FileStatus> status(int fd) override {
    ++looks_;
    if (read_fails()) return error();
    return real_.status(fd);
  }
  Result<loop::FileStatus> status_at(int directory, const std::string& name) override {
    ++looks_;
    if (read_fails()) return error();
    return real_.status_at(directory, name);
  }
  Result<void> sync_data(int) override {
    if (fails()) return error();
    return {};  // tests do not cut the power: a real sync would only cost time
  }
  Result<void> sync_directory(int) override {
    if (fails()) return error();
    return {};
  }
  Result<void> sync_file_system(int) override {
    if (fails()) return error();
    return {};
  }
  Result<void> link_open_file(int fd, int directory, const std::string& name) override {
    if (fails()) return error();
    return real_.link_open_file(fd, directory, name);
  }
  Result<void> link(int from_directory, const std::string& from, int directory, const std::string& name) override {
    if (fails()) return error();
    return real_.link(from_directory, from, directory, name);
  }
  Result<void> rename(int from_directory, const std::string& from, int directory, const std::string& name,
                      bool replace) override {
    if (fails()) return error();
    return real_.rename(from_directory, from, directory, name, replace);
  }
  Result<void> unlink(int directory, const std::string& name) override {
    if (fails()) return error();
    return real_.unlink(directory, name);
  }
  Result<void> make_directory(int directory, const std::string& name) override {
    if (fails()) return error();
    return real_.make_directory(directory, name);
  }
  Result<void> remove_directory(int directory, const std::string& name) override {
    if (fails()) return error();
    return real_.remove_directory(directory, name);
  }
  Result<std::vector<std::string>> list(int directory) override {
    ++looks_;
    if (read_fails()) return error();
    return real_.list(directory);
  }

 private:
  bool fails() {
    const std::uint64_t number = ++calls_;
    if (mode_ == Mode::once) return number == fail_at_;
    return mode_ == Mode::from_then_on && number >= fail_at_;
  }
  bool read_fails() { return every_call_ && fails(); }
  [[nodiscard]] Error error() const {
    switch (fault_) {
      case Fault::io:
        return made(Condition::storage, EIO);
      case Fault::descriptors:
        return made(Condition::storage, EMFILE);
      case Fault::quota:
        return made(Condition::too_big, EDQUOT);
      case Fault::full:
      case Fault::short_write:
        break;
    }
    return made(Condition::too_big, ENOSPC);
  }
  static Error made(Condition condition, int code) {
    return Error::temporary(condition, std::string("injected failure: ") + std::strerror(code));
  }

  loop::RealDisk real_;
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> looks_{0};
  std::uint64_t fail_at_ = 0;
  Mode mode_ = Mode::never;
  Fault fault_ = Fault::short_write;
  bool every_call_ = false;
  bool failed_writing_ = false;
};

}  // namespace mailtree::test
