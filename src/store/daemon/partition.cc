// SPDX-License-Identifier: Apache-2.0
// Opening a partition: identity, lock, generation.
#include "store/daemon/partition.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <tuple>

#include "base/ascii.h"
#include "base/encoding.h"
#include "log/log.h"
#include "net/digest.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr const char* identity_file = "partition.toml";
constexpr const char* owner_file = "owner";
constexpr const char* lock_file = "lock";
constexpr const char* restored_file = "restored";  // put there by an operator
constexpr std::uint32_t uidvalidity_block = 256;
constexpr std::size_t max_leaf_octets = 200;  // file systems allow 255

Result<std::string> read_file(Disk& disk, int directory, const char* name) {
  const auto file = disk.open(directory, name, Disk::Access::read);
  if (!file) return file.error();
  return loop::read_whole(disk, file->get(), 1U << 16);
}

// A name for a new file becomes free of what a crash left. A directory there is somebody's, with whatever is in it: it
// gets another name.
Result<void> clear_way(Disk& disk, int directory, const std::string& name) {
  const auto removed = disk.unlink(directory, name);
  if (removed || loop::is_missing(removed.error())) return {};
  const auto status = disk.status_at(directory, name);
  if (!status || !status->is_directory) return removed;
  const std::string other = name + "." + hex_encode(net::random_octets(8));
  const auto moved = disk.rename(directory, name, directory, other, false);
  if (moved) log::event(log::Level::warning, "store.file.aside", {{"file", name}, {"now", other}});
  return moved;
}

// Written beside, synced, renamed, directory synced.
Result<void> write_file(Disk& disk, int directory, const std::string& name, const std::string& content) {
  const std::string fresh = name + ".new";
  const auto cleared = clear_way(disk, directory, fresh);
  if (!cleared) return cleared;
  const auto file = disk.open(directory, fresh, Disk::Access::create_new);
  if (!file) return file.error();
  auto done = disk.write_at(file->get(), content, 0);
  if (done) done = disk.sync_data(file->get());
  if (done) done = disk.rename(directory, fresh, directory, name, true);
  if (done) done = disk.sync_directory(directory);
  return done;
}

std::string bucket_of(const AccountPlace& place) {
  return place.domain + "/" + place.bucket;
}

// What tells two files of one name apart.
auto identity_of(const loop::FileStatus& one) {
  return std::tuple(one.device, one.inode, one.modified_ns, one.size);
}

Result<UniqueFd> open_root(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Error::temporary(Condition::storage, "partition " + path + ": " + std::strerror(errno));
  return fd;
}

}  // namespace

Partition::Partition(Disk& disk, std::string path, std::string host, std::vector<std::string> outside)
    : disk_(disk), path_(std::move(path)), host_(std::move(host)), outside_(std::move(outside)) {}

Result<void> Partition::create(Disk& disk, const std::string& path) {
  const auto directory = open_root(path);
  if (!directory) return directory.error();
  if (disk.status_at(directory->get(), identity_file)) {
    return Error::permanent(Condition::exists, "partition exists", path);
  }
  const std::string id = hex_encode(net::random_octets(16));
  return write_file(disk, directory->get(), identity_file, "id = \"" + id + "\"\nformat = 1\n");
}

Result<std::unique_ptr<Partition>> Partition::open(Disk& disk, const std::string& path, const std::string& host,
                                                   std::vector<std::string> outside) {
  std::unique_ptr<Partition> partition(new Partition(disk, path, host, std::move(outside)));
  auto directory = open_root(path);
  if (!directory) return directory.error();
  partition->directory_ = std::move(*directory);
  const auto identity = read_file(disk, partition->directory(), identity_file);
  if (!identity) {
    return Error::temporary(Condition::storage, "no partition.toml in " + path + ": not mounted, or not a partition");
  }
  partition->id_ = setting_in(*identity, "id");
  if (partition->id_.empty() || setting_in(*identity, "format") != "1") {
    return Error::temporary(Condition::damaged, "partition.toml of " + path + " has no id or another format");
  }
  Result<void> taken = partition->lock();
  if (taken) taken = partition->take_over();
  if (!taken) return taken.error();
  return partition;
}

Result<void> Partition::lock() {
  lock_ = UniqueFd(::openat(directory(), lock_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_) return Error::temporary(Condition::storage, "lock of " + path_ + ": " + std::strerror(errno));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error::temporary(Condition::unavailable, "partition " + path_ + " is in use by another process");
  }
  struct stat status {};
  if (::fstat(lock_.get(), &status) == 0) lock_inode_ = status.st_ino;
  return {};
}

// The partition is older than what is known of it, or another than what is known.
void Partition::compare_with_outside(Opening& newest) {
  for (const std::string& directory : outside_) {
    const auto known = read_opening(directory, id_);
    witnessed_ = witnessed_ && known && known->is_same(before_);
    if (!known) continue;
    const bool is_newer = known->generation > before_.generation ||
                          (known->generation == before_.generation && known->instance != before_.instance);
    rolled_back_ = rolled_back_ || is_newer;
    newest.next_uidvalidity = std::max(newest.next_uidvalidity, known->next_uidvalidity);
    newest.fenced = std::max(newest.fenced, known->fenced);
    if (known->restored > newest.restored) newest.restored_to = known->restored_to;
    newest.restored = std::max(newest.restored, known->restored);
    if (!is_newer || known->generation < newest.generation) continue;
    newest.generation = known->generation;
    newest.instance = known->instance;
  }
}

// A lock that is ours shows that no process of this machine has it; nor has one of an earlier boot.
bool Partition::may_live_on(const Opening& before) const {
  if (before.generation == 0 || before.released || before.instance.empty()) return false;
  if (before.node != name_of_machine()) return true;
  return before.boot_id == boot_id_ && before.lock_inode != lock_inode_;
}

bool Partition::was_restored_by_hand() {
  return disk_.status_at(directory(), restored_file).has_value();
}

Result<void> Partition::take_over() {
  const auto owner = read_file(disk_, directory(), owner_file);
  if (!owner && !loop::is_missing(owner.error())) {
    return Error::temporary(Condition::storage, "owner of " + path_ + ": " + owner.error().detail);
  }
  before_ = parse_opening(owner ? *owner : std::string()).value_or(Opening{});
  boot_id_ = boot_id_of_machine();
  instance_ = hex_encode(net::random_octets(16));
  Opening newest = before_;
  compare_with_outside(newest);
  newest_instance_ = newest.instance;
  generation_ = newest.generation + 1;
  fenced_ = may_live_on(before_) ? generation_ : newest.fenced;
  restored_ = newest.restored;
  restored_to_ = newest.restored_to;
  const bool by_hand = was_restored_by_hand();
  if (rolled_back_ || by_hand) {
    // What is not settled yet of an earlier time stays so.
    restored_to_ = by_hand ? 0 : restored_ == 0 ? before_.generation : std::min(restored_to_, before_.generation);
    restored_ = generation_;
    witnessed_ = false;
    log::event(log::Level::alarm, "store.partition.rolled_back",
               {{"path", path_}, {"generation", before_.generation}, {"known", newest.generation}});
  }
  if (fenced_ == generation_) {
    log::event(log::Level::warning, "store.partition.fenced",
               {{"path", path_}, {"generation", generation_}, {"node", before_.node}});
  }
  // A lost or old counter begins at the time of day, above all that a partition can have used before: it takes less
  // than one number a second.
  next_uidvalidity_ = std::max(newest.next_uidvalidity, static_cast<std::uint32_t>(std::time(nullptr)));
  uidvalidity_limit_ = next_uidvalidity_ + uidvalidity_block;
  const Result<void> written = write_owner();
  if (written && by_hand) static_cast<void>(disk_.unlink(directory(), restored_file));
  return written;
}

Result<void> Partition::write_owner() {
  Opening opening;
  opening.generation = generation_;
  opening.instance = instance_;
  opening.host = host_;
  opening.node = name_of_machine();
  opening.boot_id = boot_id_;
  opening.lock_inode = lock_inode_;
  opening.next_uidvalidity = uidvalidity_limit_;
  opening.released = released_;
  opening.fenced = fenced_;
  opening.restored = restored_;
  opening.restored_to = restored_to_;
  const Result<void> written = write_file(disk_, directory(), owner_file, opening_text(opening));
  if (!written) return written;
  const auto status = disk_.status_at(directory(), owner_file);
  if (status) owner_status_ = *status;
  for (const std::string& place : outside_) {
    const Result<void> noted = write_opening(place, id_, opening);
    if (noted) continue;
    log::event(log::Level::warning, "store.partition.unwitnessed",
               {{"path", path_}, {"directory", place}, {"error", noted.error().detail}});
  }
  return {};
}

Result<void> Partition::check_ours() {
  const auto status = disk_.status_at(directory(), owner_file);  // not under the lock: a disk may let one wait
  const std::lock_guard lock(mutex_);
  if (status && !lost_ && identity_of(*status) == identity_of(owner_status_)) return {};
  return check_ours_locked();
}

Result<void> Partition::check_ours_locked() {
  const auto lost = [this] {
    return Error::temporary(Condition::unavailable, "partition " + path_ + " was taken over by another process");
  };
  if (lost_) return lost();
  const auto status = disk_.status_at(directory(), owner_file);
  if (!status) return Error::temporary(Condition::unavailable, "owner of " + path_ + ": " + status.error().detail);
  if (identity_of(*status) == identity_of(owner_status_)) return {};
  const auto text = read_file(disk_, directory(), owner_file);
  if (!text) return Error::temporary(Condition::unavailable, "owner of " + path_ + ": " + text.error().detail);
  const auto now = parse_opening(*text).value_or(Opening{});
  if (now.generation == generation_ && now.instance == instance_) {
    owner_status_ = *status;  // copied, or touched
    return {};
  }
  lost_ = true;
  log::event(log::Level::alarm, "store.partition.taken_over",
             {{"path", path_}, {"generation", generation_}, {"by", now.generation}, {"node", now.node}});
  return lost();
}

Result<void> Partition::release() {
  const std::lock_guard lock(mutex_);
  const Result<void> ours = check_ours_locked();
  if (!ours) return ours;
  released_ = true;
  uidvalidity_limit_ = next_uidvalidity_;
  return write_owner();
}

Result<std::string> Partition::read(const std::string& name, std::uint64_t max_octets) const {
  const auto file = disk_.open(directory(), name, Disk::Access::read);
  if (!file) return file.error();
  return loop::read_whole(disk_, file->get(), max_octets);
}

Result<void> Partition::write(const std::string& name, const std::string& content) {
  const Result<void> ours = check_ours();
  if (!ours) return ours;
  return write_file(disk_, directory(), name, content);
}

Result<std::uint32_t> Partition::next_uidvalidity() {
  const std::lock_guard lock(mutex_);
  if (next_uidvalidity_ >= uidvalidity_limit_) {
    const Result<void> ours = check_ours_locked();
    if (!ours) return ours.error();
    uidvalidity_limit_ += uidvalidity_block;
    const Result<void> written = write_owner();
    if (!written) {
      uidvalidity_limit_ -= uidvalidity_block;
      return written.error();
    }
  }
  return next_uidvalidity_++;
}

Result<void> Partition::settle_parents(const AccountPlace& place) {
  if (is_settled(place)) return {};
  const std::string bucket = bucket_of(place);
  for (const std::string& path : {bucket, place.domain}) {
    const auto fd = disk_.open(directory(), path, Disk::Access::directory);
    if (!fd) return fd.error();
    const auto synced = disk_.sync_directory(fd->get());
    if (!synced) return synced;
  }
  bool is_domain_settled = false;
  {
    const std::lock_guard lock(mutex_);
    is_domain_settled = settled_.contains(place.domain);
  }
  if (!is_domain_settled) {
    const auto synced = disk_.sync_directory(directory());
    if (!synced) return synced;
  }
  const std::lock_guard lock(mutex_);
  settled_.insert(place.domain);
  settled_.insert(bucket);
  return {};
}

bool Partition::is_settled(const AccountPlace& place) {
  const std::lock_guard lock(mutex_);
  return settled_.contains(bucket_of(place));
}

void Partition::unsettle(const AccountPlace& place) {
  const std::lock_guard lock(mutex_);
  settled_.erase(bucket_of(place));
  settled_.erase(place.domain);
}

AccountPlace account_place(const AccountName& name) {
  const std::string folded = ascii::to_lower(name.uid);
  const std::string digest = net::sha256(folded);
  std::string leaf = path_component(folded);
  if (leaf.size() > max_leaf_octets) leaf = "=" + hex_encode(digest);
  return {path_component(ascii::to_lower(name.domain)), hex_encode(digest.substr(0, 1)), std::move(leaf)};
}

AccountKey account_key(const AccountPlace& place) {
  return OctetReader(net::sha256(place.path())).big<AccountKey>();
}

}  // namespace mailtree::store
