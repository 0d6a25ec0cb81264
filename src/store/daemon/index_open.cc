// SPDX-License-Identifier: Apache-2.0
// Which index stored may go on with, and what becomes of the others.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/ascii.h"
#include "base/encoding.h"
#include "log/log.h"
#include "loop/disk.h"
#include "net/digest.h"
#include "store/daemon/index_writer.h"
#include "store/daemon/opening.h"
#include "store/daemon/partition.h"
#include "store/lmdb_read.h"

namespace mailtree::store {
namespace {

using Use = IndexEnvironment::Use;

constexpr const char* aside_mark = ".aside-";
constexpr std::size_t rows_a_transaction = 5000;

Error failed(const std::string& what) {
  return Error::temporary(Condition::storage, what + ": " + std::strerror(errno));
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failed("mkdir " + path);
}

Result<std::vector<std::string>> list(const std::string& path) {
  loop::RealDisk disk;
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return failed("open " + path);
  return disk.list(fd.get());
}

// Our own directory with nothing but our files in each entry. Readers that have it open believe it no longer.
void remove_environment(const std::string& path) {
  ::chmod((path + "/data.mdb").c_str(), S_IRUSR);
  for (const char* file : {"/data.mdb", "/lock.mdb", trouble_file}) ::unlink((path + file).c_str());
  ::rmdir(path.c_str());
}

std::optional<std::uint32_t> aside_number(std::string_view name) {
  const std::size_t mark = name.find(aside_mark);
  if (mark == std::string_view::npos) return std::nullopt;
  return ascii::number<std::uint32_t>(name.substr(mark + std::strlen(aside_mark)));
}

bool is_in_trouble(const std::string& path) {
  std::int64_t last_crash = -crash_seconds;
  bool crashed = false;
  for (const TroubleNote& note : IndexTrouble::read(path)) {
    if (note.kind == TroubleNote::Kind::ruin) return true;
    if (crashed && note.time - last_crash <= crash_seconds) return true;
    crashed = true;
    last_crash = note.time;
  }
  return false;
}

// Kept for who wants to know what happened; the oldest goes when there are too many.
void set_aside(const std::string& home, const std::string& name, const std::vector<std::string>& names) {
  std::vector<std::pair<std::uint32_t, std::string>> before;
  for (const std::string& other : names) {
    if (const auto number = aside_number(other)) before.emplace_back(*number, other);
  }
  std::sort(before.begin(), before.end());
  const std::uint32_t number = before.empty() ? 1 : before.back().first + 1;
  const std::string path = home + "/" + name;
  const std::string kept = path + aside_mark + std::to_string(number);
  ::chmod((path + "/data.mdb").c_str(), S_IRUSR);
  if (::rename(path.c_str(), kept.c_str()) != 0) return remove_environment(path);
  log::event(log::Level::alarm, "store.index.aside", {{"index", path}, {"kept_as", kept}});
  for (std::size_t i = 0; i + max_indexes_aside <= before.size(); ++i) {
    remove_environment(home + "/" + before[i].second);
  }
}

// Whether what it says was written by the kernel that runs now, and of this partition: unsynced, it does not survive a
// boot, and to touch its pages then may be to crash.
bool is_readable(const IndexMeta& meta, const IndexOptions& options) {
  return meta.boot_id == boot_id_of_machine() && meta.partition_id == options.partition_id;
}

// Nobody else had the partition open meanwhile, and it was not put back from a backup.
bool is_trusted(const IndexMeta& meta, const IndexOptions& options) {
  return is_readable(meta, options) && !options.in_doubt && meta.device == options.device &&
         meta.generation == options.previous_generation && meta.instance == options.previous_instance;
}

// Rows of accounts and folders become memories; values carry no table, so they are copied as they are.
class WitnessCopy {
 public:
  WitnessCopy(IndexEnvironment& from, IndexEnvironment& to) : from_(from), to_(to) {}

  bool run() {
    const IndexTrouble::Inside inside(from_.trouble());
    MDB_txn* reading = nullptr;
    int code = mdb_txn_begin(from_.lmdb(), nullptr, MDB_RDONLY, &reading);
    if (code != 0) return false;
    // Older memories first.
    for (const IndexTable table : {witness_table, account_table, folder_table}) {
      if (code == 0) code = copy(reading, table);
    }
    mdb_txn_abort(reading);
    if (code == 0) code = flush();
    if (means_ruin(code)) from_.trouble().note(TroubleNote::Kind::ruin);
    return code == 0;
  }

 private:
  int copy(MDB_txn* reading, IndexTable table) {
    Cursor cursor(reading, from_.table(table));
    for (bool there = cursor.seek({}); there; there = cursor.next()) {
      const std::string key(lmdb_view(cursor.key));
      if (!unsealed(key, lmdb_view(cursor.value))) return MDB_CORRUPTED;
      rows_.emplace_back(key, lmdb_view(cursor.value));
      if (rows_.size() < rows_a_transaction) continue;
      const int code = flush();
      if (code != 0) return code;
    }
    return cursor.code();
  }

  int flush() {
    const IndexTrouble::Inside inside(to_.trouble());
    MDB_txn* writing = nullptr;
    int code = mdb_txn_begin(to_.lmdb(), nullptr, 0, &writing);
    if (code != 0) return code;
    for (const auto& [key, row] : rows_) {
      MDB_val k = lmdb_value(key);
      MDB_val v = lmdb_value(row);
      if (code == 0) code = mdb_put(writing, to_.table(witness_table), &k, &v, 0);
    }
    rows_.clear();
    if (code == 0) return mdb_txn_commit(writing);
    mdb_txn_abort(writing);
    return code;
  }

  IndexEnvironment& from_;
  IndexEnvironment& to_;
  std::vector<std::pair<std::string, std::string>> rows_;
};

IndexMeta meta_of(const IndexOptions& options, std::uint64_t covers_from) {
  return {options.partition_id, boot_id_of_machine(), options.device,
          options.generation,   options.instance,     covers_from};
}

Result<void> check_room(const std::string& path) {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return failed("statvfs " + path);
  if (std::uint64_t{status.f_bavail} * status.f_frsize >= index_reserve) return {};
  return Error::temporary(Condition::too_big, "no room for an index in " + path);
}

// A new index that remembers what the old one had shown, if that can be read.
Result<std::unique_ptr<IndexEnvironment>> begin_anew(const IndexOptions& options, const std::string& home,
                                                     const std::vector<std::string>& olds) {
  const auto room = check_room(home);
  if (!room) return room.error();
  const std::string path = home + "/" + hex_encode(net::random_octets(8));
  const auto made = make_directory(path);
  if (!made) return made.error();
  auto fresh = IndexEnvironment::open(path, Use::begin, options.map_bytes);
  std::uint64_t covers_from = options.generation;
  for (const std::string& old : olds) {
    if (!fresh) break;
    const auto source = IndexEnvironment::open(old, Use::look, options.map_bytes);
    if (!source || !is_readable(*(*source)->meta(), options) || !WitnessCopy(**source, **fresh).run()) continue;
    // Nobody showed anything that it does not know.
    const IndexMeta& meta = *(*source)->meta();
    if (meta.instance == options.newest_instance) covers_from = std::min(covers_from, meta.covers_from);
    log::event(log::Level::info, "store.index.remembered", {{"index", path}, {"from", old}});
  }
  Result<void> done = fresh ? (*fresh)->put_meta(meta_of(options, covers_from)) : Result<void>(fresh.error());
  if (!done) {
    remove_environment(path);
    return done.error();
  }
  return fresh;
}

Result<std::unique_ptr<IndexEnvironment>> choose(const IndexOptions& options, const std::string& home) {
  const auto names = list(home);
  if (!names) return names.error();
  std::unique_ptr<IndexEnvironment> kept;
  std::vector<std::string> others;
  for (const std::string& name : *names) {
    const std::string path = home + "/" + name;
    if (aside_number(name)) continue;
    if (is_in_trouble(path)) {
      set_aside(home, name, *names);
      continue;
    }
    bool trusted = false;
    if (!kept) {
      const auto seen = IndexEnvironment::open(path, Use::look, options.map_bytes);
      trusted = seen && !(*seen)->is_given_up() && is_trusted(*(*seen)->meta(), options);
    }
    if (trusted) {
      auto again = IndexEnvironment::open(path, Use::write, options.map_bytes);
      const std::uint64_t covers_from = again ? (*again)->meta()->covers_from : 0;
      if (again && (*again)->put_meta(meta_of(options, covers_from))) kept = std::move(*again);
    }
    if (!kept || kept->path() != path) others.push_back(path);
  }
  if (!kept) {
    auto fresh = begin_anew(options, home, others);
    if (!fresh) return fresh.error();
    kept = std::move(*fresh);
  }
  for (const std::string& other : others) remove_environment(other);
  return kept;
}

}  // namespace

IndexOptions index_options(const Partition& partition, const std::string& directory) {
  IndexOptions options;
  options.directory = directory;
  options.partition_id = partition.id();
  options.generation = partition.generation();
  options.instance = partition.instance();
  options.previous_generation = partition.before().generation;
  options.previous_instance = partition.before().instance;
  options.newest_instance = partition.newest_instance();
  options.in_doubt = !partition.is_witnessed();
  const auto status = partition.disk().status(partition.directory());
  if (status) options.device = status->device;
  return options;
}

Result<std::unique_ptr<IndexWriter>> IndexWriter::open(const IndexOptions& options) {
  const std::string home = options.directory + "/" + options.partition_id;
  auto made = make_directory(options.directory);
  if (made) made = make_directory(home);
  if (!made) return made.error();
  auto chosen = choose(options, home);
  if (!chosen) return chosen.error();
  std::unique_ptr<IndexWriter> writer(new IndexWriter);
  writer->environment_ = std::move(*chosen);
  writer->max_map_bytes_ = std::max(options.max_map_bytes, options.map_bytes);
  writer->covers_from_ = writer->environment_->meta() ? writer->environment_->meta()->covers_from : options.generation;
  return writer;
}

std::unique_ptr<IndexWriter> IndexWriter::absent() {
  return std::unique_ptr<IndexWriter>(new IndexWriter);
}

bool IndexWriter::is_in_trouble() const {
  return environment_ && store::is_in_trouble(environment_->path());
}

}  // namespace mailtree::store
