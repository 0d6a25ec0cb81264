// SPDX-License-Identifier: Apache-2.0
// RealDisk: thin over the system calls; every name is resolved with openat2 beneath its directory.
#include "loop/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

namespace mailtree::loop {
namespace {

Error failure(const char* call, const std::string& name, int code) {
  Condition condition = Condition::storage;
  if (code == ENOENT || code == ENOTDIR) condition = Condition::no_such_message;
  if (code == EEXIST || code == ENOTEMPTY) condition = Condition::exists;
  if (code == EXDEV || code == EMLINK || code == EPERM) condition = Condition::cannot;
  if (code == ENOSPC || code == EDQUOT) condition = Condition::too_big;
  char text[128] = "";
  const char* const reason = ::strerror_r(code, text, sizeof text);
  return Error::temporary(condition, std::string(call) + " " + name + ": " + reason);
}

Result<void> outcome(int returned, const char* call, const std::string& name = {}) {
  if (returned != 0) return failure(call, name, errno);
  return {};
}

int open_guarded(int directory, const char* path, int flags, unsigned mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  int fd = -1;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how));
  } while (fd < 0 && (errno == EAGAIN || errno == EINTR));
  return fd;
}

// Whether the call itself failed, and not this one file. Kernels before 5.6 say ENOSYS; seccomp filters of that age,
// e.g. of containers, say EPERM to calls that they do not know. But EPERM is also what an immutable file gives: it is
// the call if the working directory cannot be opened either, without any right to its content.
bool lacks_openat2(int code) {
  if (code != EPERM) return code == ENOSYS;
  const UniqueFd probe(open_guarded(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
  return !probe && errno == EPERM;
}

// openat2 where the kernel (or a filter) has it; else openat, which guards only the last component.
int open_beneath(int directory, const char* path, int flags, unsigned mode) {
  static std::atomic<bool> missing{false};
  if (!missing.load(std::memory_order_relaxed)) {
    const int fd = open_guarded(directory, path, flags, mode);
    if (fd >= 0) return fd;
    const int code = errno;
    const bool lacking = lacks_openat2(code);
    errno = code;
    if (!lacking) return fd;
    missing.store(true, std::memory_order_relaxed);
  }
  return ::openat(directory, path, flags | O_NOFOLLOW, mode);
}

FileStatus status_of(const struct stat& raw) {
  FileStatus status;
  status.device = raw.st_dev;
  status.inode = raw.st_ino;
  status.size = static_cast<std::uint64_t>(raw.st_size);
  status.links = raw.st_nlink;
  status.modified_ns = raw.st_mtim.tv_sec * 1'000'000'000 + raw.st_mtim.tv_nsec;
  status.is_regular = S_ISREG(raw.st_mode);
  status.is_directory = S_ISDIR(raw.st_mode);
  return status;
}

}  // namespace

Result<UniqueFd> RealDisk::open(int directory, const std::string& path, Access access) {
  int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;  // a FIFO planted under a message's name must not hang us
  if (access == Access::read) flags |= O_RDONLY;
  if (access == Access::read_write) flags |= O_RDWR;
  if (access == Access::create_new) flags |= O_RDWR | O_CREAT | O_EXCL;
  if (access == Access::directory) flags |= O_RDONLY | O_DIRECTORY;
  const int fd = open_beneath(directory, path.c_str(), flags, access == Access::create_new ? 0600U : 0U);
  if (fd < 0) return failure("open", path, errno);
  return UniqueFd(fd);
}

Result<UniqueFd> RealDisk::open_unnamed(int directory) {
  const int fd = ::openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return failure("open unnamed", {}, errno);
  return UniqueFd(fd);
}

Result<std::size_t> RealDisk::read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) {
  ssize_t count = -1;
  do {
    count = ::pread(fd, buffer, size, static_cast<off_t>(offset));
  } while (count < 0 && errno == EINTR);
  if (count < 0) return failure("pread", {}, errno);
  return static_cast<std::size_t>(count);
}

Result<void> RealDisk::write_at(int fd, std::string_view octets, std::uint64_t offset) {
  while (!octets.empty()) {
    const ssize_t count = ::pwrite(fd, octets.data(), octets.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure("pwrite", {}, count < 0 ? errno : ENOSPC);
    octets.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> RealDisk::truncate(int fd, std::uint64_t size) {
  return outcome(::ftruncate(fd, static_cast<off_t>(size)), "ftruncate");
}

Result<FileStatus> RealDisk::status(int fd) {
  struct stat raw {};
  if (::fstat(fd, &raw) != 0) return failure("fstat", {}, errno);
  return status_of(raw);
}

Result<FileStatus> RealDisk::status_at(int directory, const std::string& name) {
  struct stat raw {};
  if (::fstatat(directory, name.c_str(), &raw, AT_SYMLINK_NOFOLLOW) != 0) return failure("fstatat", name, errno);
  return status_of(raw);
}

Result<void> RealDisk::sync_data(int fd) {
  return outcome(::fdatasync(fd), "fdatasync");
}
Result<void> RealDisk::sync_directory(int fd) {
  return outcome(::fsync(fd), "fsync");
}
Result<void> RealDisk::sync_file_system(int fd) {
  return outcome(::syncfs(fd), "syncfs");
}

// Waits for pages that are under way, and reports what went wrong with earlier ones as fsync() would.
Result<void> RealDisk::check_synced(int fd) {
  constexpr unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
  return outcome(::sync_file_range(fd, 0, 0, all), "sync_file_range");
}

Result<void> RealDisk::link_open_file(int fd, int directory, const std::string& name) {
  // AT_EMPTY_PATH would need CAP_DAC_READ_SEARCH.
  const std::string source = "/proc/self/fd/" + std::to_string(fd);
  return outcome(::linkat(AT_FDCWD, source.c_str(), directory, name.c_str(), AT_SYMLINK_FOLLOW), "linkat", name);
}

Result<void> RealDisk::link(int from_directory, const std::string& from, int directory, const std::string& name) {
  return outcome(::linkat(from_directory, from.c_str(), directory, name.c_str(), 0), "linkat", name);
}

Result<void> RealDisk::rename(int from_directory, const std::string& from, int directory, const std::string& name,
                              bool replace) {
  const unsigned flags = replace ? 0U : 1U;  // RENAME_NOREPLACE
  return outcome(::renameat2(from_directory, from.c_str(), directory, name.c_str(), flags), "renameat2", name);
}

Result<void> RealDisk::unlink(int directory, const std::string& name) {
  return outcome(::unlinkat(directory, name.c_str(), 0), "unlinkat", name);
}

Result<void> RealDisk::make_directory(int directory, const std::string& name) {
  return outcome(::mkdirat(directory, name.c_str(), 0700), "mkdirat", name);
}

Result<void> RealDisk::remove_directory(int directory, const std::string& name) {
  return outcome(::unlinkat(directory, name.c_str(), AT_REMOVEDIR), "rmdir", name);
}

Result<std::vector<std::string>> RealDisk::list(int directory) {
  const int fd = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // own position
  if (fd < 0) return failure("open for listing", {}, errno);
  DIR* const stream = ::fdopendir(fd);
  if (stream == nullptr) {
    const int code = errno;
    ::close(fd);
    return failure("fdopendir", {}, code);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* const entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int code = errno;
  ::closedir(stream);
  if (code != 0) return failure("readdir", {}, code);
  return names;
}

Result<std::string> read_octets(Disk& disk, int fd, std::uint64_t size) {
  std::string content(static_cast<std::size_t>(size), '\0');
  std::size_t have = 0;
  while (have < content.size()) {
    const auto count = disk.read_at(fd, content.data() + have, content.size() - have, have);
    if (!count) return count.error();
    if (*count == 0) break;
    have += *count;
  }
  content.resize(have);
  return content;
}

Result<std::string> read_whole(Disk& disk, int fd, std::uint64_t max) {
  const auto status = disk.status(fd);
  if (!status) return status.error();
  if (status->size > max) return Error::temporary(Condition::too_long, "file of " + std::to_string(status->size));
  return read_octets(disk, fd, status->size);
}

}  // namespace mailtree::loop
