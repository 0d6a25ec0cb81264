// SPDX-License-Identifier: Apache-2.0
// Opening an environment, and what may happen to it while it is open.
#include "store/daemon/index_environment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "log/log.h"
#include "store/lmdb_read.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

constexpr unsigned max_readers = 4096;
constexpr std::size_t max_text = 256;

Error failed(const std::string& what, int code) {
  return Error::temporary(Condition::unavailable, what + ": " + mdb_strerror(code));
}

std::string encode(const IndexMeta& meta) {
  std::string value;
  put_little(value, index_version);
  put_string(value, meta.partition_id);
  put_string(value, meta.boot_id);
  put_little(value, meta.device);
  put_little(value, meta.generation);
  put_string(value, meta.instance);
  put_little(value, meta.covers_from);
  return value;
}

std::optional<IndexMeta> decode(std::string_view value) {
  OctetReader in(value);
  if (in.little<std::uint32_t>() != index_version) return std::nullopt;
  IndexMeta meta;
  meta.partition_id = in.string(max_text);
  meta.boot_id = in.string(max_text);
  meta.device = in.little<std::uint64_t>();
  meta.generation = in.little<std::uint64_t>();
  meta.instance = in.string(max_text);
  meta.covers_from = in.little<std::uint64_t>();
  if (!in.finished()) return std::nullopt;
  return meta;
}

}  // namespace

Result<std::unique_ptr<IndexEnvironment>> IndexEnvironment::open(const std::string& path, Use use,
                                                                 std::size_t map_bytes) {
  const bool has_data = ::access((path + "/data.mdb").c_str(), F_OK) == 0;
  if (use != Use::begin && !has_data) return failed("no data in " + path, ENOENT);
  if (use != Use::look) {
    const auto made = IndexTrouble::make(path);
    if (!made) return made.error();
  }
  std::unique_ptr<IndexEnvironment> environment(new IndexEnvironment(path));
  const Result<void> opened = environment->open(use, map_bytes);
  if (!opened) return opened.error();
  return environment;
}

IndexEnvironment::~IndexEnvironment() {
  if (environment_ != nullptr) mdb_env_close(environment_);
}

Result<void> IndexEnvironment::open(Use use, std::size_t map_bytes) {
  const IndexTrouble::Inside inside(trouble_);
  const unsigned flags = MDB_NOSYNC | MDB_NOTLS | (use == Use::look ? MDB_RDONLY : 0U);
  int code = mdb_env_create(&environment_);
  if (code == 0) code = mdb_env_set_maxdbs(environment_, index_tables);
  if (code == 0) code = mdb_env_set_maxreaders(environment_, max_readers);
  if (code == 0) code = mdb_env_set_mapsize(environment_, map_bytes);
  if (code == 0) code = mdb_env_open(environment_, path_.c_str(), flags, 0600);
  if (code == 0) code = mdb_env_get_fd(environment_, &file_);
  if (code != 0) return failed("open index " + path_, code);
  struct stat status {};
  if (::fstat(file_, &status) != 0) return failed("index " + path_, errno);
  device_ = status.st_dev;
  inode_ = status.st_ino;
  MDB_envinfo info{};
  MDB_stat pages{};
  mdb_env_info(environment_, &info);
  mdb_env_stat(environment_, &pages);
  // Somebody cut it: the pages that are missing would end this process (SIGBUS) when they are touched.
  const std::uint64_t octets = (std::uint64_t{info.me_last_pgno} + 1) * pages.ms_psize;
  if (use != Use::begin && static_cast<std::uint64_t>(status.st_size) < octets) return failed("short " + path_, EINVAL);
  int dead = 0;
  mdb_reader_check(environment_, &dead);
  MDB_txn* transaction = nullptr;
  code = mdb_txn_begin(environment_, nullptr, use == Use::look ? MDB_RDONLY : 0U, &transaction);
  if (code != 0) return failed("begin in " + path_, code);
  const Result<void> tables = open_tables(transaction, use);
  if (!tables) {
    mdb_txn_abort(transaction);
    return tables;
  }
  code = mdb_txn_commit(transaction);
  if (code != 0) return failed("commit in " + path_, code);
  return {};
}

Result<void> IndexEnvironment::open_tables(MDB_txn* transaction, Use use) {
  const unsigned flags = use == Use::begin ? MDB_CREATE : 0U;
  int code = 0;
  for (unsigned i = 0; code == 0 && i < index_tables; ++i) {
    code = mdb_dbi_open(transaction, index_table_names[i], flags, &tables_[i]);
  }
  if (code == 0 && use != Use::begin) {
    MDB_val key = lmdb_value(meta_key);
    MDB_val value{};
    code = mdb_get(transaction, tables_[meta_table], &key, &value);
    if (code == 0) meta_ = decode(lmdb_view(value));
    if (code == 0 && !meta_) code = MDB_INVALID;
  }
  if (code != 0) return failed("index " + path_, code);
  return {};
}

Result<void> IndexEnvironment::put_meta(const IndexMeta& meta) {
  const IndexTrouble::Inside inside(trouble_);
  const std::string text = encode(meta);
  MDB_val key = lmdb_value(meta_key);
  MDB_val value = lmdb_value(text);
  MDB_txn* transaction = nullptr;
  int code = mdb_txn_begin(environment_, nullptr, 0, &transaction);
  if (code != 0) return failed("begin in " + path_, code);
  code = mdb_put(transaction, tables_[meta_table], &key, &value, 0);
  if (code == 0) {
    code = mdb_txn_commit(transaction);
  } else {
    mdb_txn_abort(transaction);
  }
  if (code != 0) return failed("write to " + path_, code);
  meta_ = meta;
  return {};
}

std::size_t IndexEnvironment::map_bytes() const {
  MDB_envinfo info{};
  mdb_env_info(environment_, &info);
  return info.me_mapsize;
}

bool IndexEnvironment::grow(std::size_t seen, std::size_t most) {
  const std::unique_lock alone(gate_);
  const std::size_t now = map_bytes();
  if (now > seen) return true;  // by another thread
  if (now >= most) return false;
  const std::size_t larger = std::min(most, now * 2);
  if (mdb_env_set_mapsize(environment_, larger) != 0) return false;
  log::event(log::Level::info, "store.index.grown", {{"index", path_}, {"octets", larger}});
  return true;
}

void IndexEnvironment::heed(int code) {
  if (!means_ruin(code)) return;
  trouble_.note(TroubleNote::Kind::ruin);
  give_up();
}

void IndexEnvironment::give_up() {
  static_cast<void>(::fchmod(file_, S_IRUSR));  // see IndexReader
}

bool IndexEnvironment::is_given_up() const {
  struct stat status {};
  return ::fstat(file_, &status) != 0 || (status.st_mode & S_IWUSR) == 0;
}

bool IndexEnvironment::is_in_place() const {
  struct stat status {};
  if (::stat((path_ + "/data.mdb").c_str(), &status) != 0) return errno != ENOENT && errno != ENOTDIR;
  return status.st_dev == device_ && status.st_ino == inode_;
}

}  // namespace mailtree::store
