// SPDX-License-Identifier: Apache-2.0
// Opening the index environment, or deciding that it is not worth anything any more.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/encoding.h"
#include "loop/disk.h"
#include "net/digest.h"
#include "store/daemon/index_writer.h"
#include "store/lmdb_read.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

constexpr unsigned max_readers = 4096;
constexpr const char* meta_key = "meta";

std::string boot_id() {
  loop::RealDisk disk;
  const UniqueFd file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  char text[64] = "";
  const auto count = file ? disk.read_at(file.get(), text, sizeof text, 0) : Result<std::size_t>(std::size_t{0});
  return std::string(text, count ? *count : 0);
}

std::string meta_value(const IndexOptions& options, std::uint64_t generation) {
  std::string value;
  put_little(value, index_version);
  put_string(value, options.partition_id);
  put_string(value, boot_id());
  put_little(value, options.device);
  put_little(value, generation);
  return value;
}

// Our own directory with nothing but LMDB's two files in each entry.
void remove_environment(const std::string& path) {
  for (const char* file : {"/data.mdb", "/lock.mdb"}) ::unlink((path + file).c_str());
  ::rmdir(path.c_str());
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return Error::temporary(Condition::storage, "mkdir " + path + ": " + std::strerror(errno));
}

Result<std::vector<std::string>> list(const std::string& path) {
  loop::RealDisk disk;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Error::temporary(Condition::storage, "open " + path + ": " + std::strerror(errno));
  return disk.list(fd.get());
}

}  // namespace

Result<std::unique_ptr<IndexWriter>> IndexWriter::open(const IndexOptions& options) {
  const std::string home = options.directory + "/" + options.partition_id;
  auto made = make_directory(options.directory);
  if (made) made = make_directory(home);
  if (!made) return made.error();
  const auto names = list(home);
  if (!names) return names.error();
  std::unique_ptr<IndexWriter> kept;
  for (const std::string& name : *names) {
    std::unique_ptr<IndexWriter> candidate(new IndexWriter);
    candidate->path_ = home + "/" + name;
    if (!kept && candidate->open_environment(options, false)) {
      kept = std::move(candidate);
    } else {
      candidate.reset();
      remove_environment(home + "/" + name);
    }
  }
  if (kept) return kept;
  std::unique_ptr<IndexWriter> fresh(new IndexWriter);
  fresh->path_ = home + "/" + hex_encode(net::random_octets(8));
  auto opened = make_directory(fresh->path_);
  if (opened) opened = fresh->open_environment(options, true);
  if (!opened) return opened.error();
  return fresh;
}

Result<void> IndexWriter::open_environment(const IndexOptions& options, bool fresh) {
  const auto failed = [this](const char* what, int code) {
    return Error::temporary(Condition::unavailable, std::string(what) + " " + path_ + ": " + mdb_strerror(code));
  };
  if (!fresh && ::access((path_ + "/data.mdb").c_str(), F_OK) != 0) return failed("no data in", ENOENT);
  int code = mdb_env_create(&environment_);
  if (code == 0) code = mdb_env_set_maxdbs(environment_, index_tables);
  if (code == 0) code = mdb_env_set_maxreaders(environment_, max_readers);
  if (code == 0) code = mdb_env_set_mapsize(environment_, options.map_bytes);
  if (code == 0) code = mdb_env_open(environment_, path_.c_str(), MDB_NOSYNC | MDB_NOTLS, 0600);
  if (code != 0) return failed("open index", code);
  int dead = 0;
  mdb_reader_check(environment_, &dead);
  MDB_txn* transaction = nullptr;
  code = mdb_txn_begin(environment_, nullptr, 0, &transaction);
  if (code != 0) return failed("begin in", code);
  for (unsigned i = 0; code == 0 && i < index_tables; ++i) {
    code = mdb_dbi_open(transaction, index_table_names[i], MDB_CREATE, &tables_[i]);
  }
  MDB_val key = lmdb_value(meta_key);
  MDB_val value{};
  if (code == 0 && !fresh) {
    code = mdb_get(transaction, tables_[meta_table], &key, &value);
    // Exactly the generation before ours: nobody else changed the partition meanwhile.
    if (code == 0 && lmdb_view(value) != meta_value(options, options.generation - 1)) code = MDB_INVALID;
  }
  const std::string meta = meta_value(options, options.generation);
  value = lmdb_value(meta);
  if (code == 0) code = mdb_put(transaction, tables_[meta_table], &key, &value, 0);
  if (code != 0) {
    mdb_txn_abort(transaction);
    return failed("index", code);
  }
  code = mdb_txn_commit(transaction);
  if (code != 0) return failed("commit in", code);
  struct stat status {};
  if (::stat((path_ + "/data.mdb").c_str(), &status) != 0) return failed("no data in", ENOENT);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  return {};
}

bool IndexWriter::is_in_place() const {
  struct stat status {};
  if (::stat((path_ + "/data.mdb").c_str(), &status) != 0) return errno != ENOENT && errno != ENOTDIR;
  return status.st_dev == device_ && status.st_ino == inode_;
}

void IndexWriter::check_readers() {
  int dead = 0;
  mdb_reader_check(environment_, &dead);
}

}  // namespace mailtree::store
