// SPDX-License-Identifier: Apache-2.0
// Opening a partition: identity, lock, generation.
#include "store/daemon/partition.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/ascii.h"
#include "base/encoding.h"
#include "net/digest.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr const char* identity_file = "partition.toml";
constexpr const char* owner_file = "owner";
constexpr const char* lock_file = "lock";
constexpr std::uint32_t uidvalidity_block = 256;
constexpr std::size_t max_leaf_octets = 200;  // file systems allow 255

// The value of `key = …` in a text of such lines; quotes are taken off.
std::string setting(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || ascii::trim(line.substr(0, equals)) != key) continue;
    std::string_view value = ascii::trim(line.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

Result<std::string> read_file(Disk& disk, int directory, const char* name) {
  const auto file = disk.open(directory, name, Disk::Access::read);
  if (!file) return file.error();
  return loop::read_whole(disk, file->get(), 1U << 16);
}

// Written beside, synced, renamed, directory synced.
Result<void> write_file(Disk& disk, int directory, const std::string& name, const std::string& content) {
  const std::string fresh = name + ".new";
  const auto removed = disk.unlink(directory, fresh);
  if (!removed && !loop::is_missing(removed.error())) return removed;
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

Result<UniqueFd> open_root(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Error::temporary(Condition::storage, "partition " + path + ": " + std::strerror(errno));
  return fd;
}

}  // namespace

Partition::Partition(Disk& disk, std::string path, std::string host)
    : disk_(disk), path_(std::move(path)), host_(std::move(host)) {}

Result<void> Partition::create(Disk& disk, const std::string& path) {
  const auto directory = open_root(path);
  if (!directory) return directory.error();
  if (disk.status_at(directory->get(), identity_file)) {
    return Error::permanent(Condition::exists, "partition exists", path);
  }
  const std::string id = hex_encode(net::random_octets(16));
  return write_file(disk, directory->get(), identity_file, "id = \"" + id + "\"\nformat = 1\n");
}

Result<std::unique_ptr<Partition>> Partition::open(Disk& disk, const std::string& path, const std::string& host) {
  std::unique_ptr<Partition> partition(new Partition(disk, path, host));
  auto directory = open_root(path);
  if (!directory) return directory.error();
  partition->directory_ = std::move(*directory);
  const auto identity = read_file(disk, partition->directory(), identity_file);
  if (!identity) {
    return Error::temporary(Condition::storage, "no partition.toml in " + path + ": not mounted, or not a partition");
  }
  partition->id_ = setting(*identity, "id");
  if (partition->id_.empty() || setting(*identity, "format") != "1") {
    return Error::temporary(Condition::damaged, "partition.toml of " + path + " has no id or another format");
  }
  const Result<void> taken = partition->take_over();
  if (!taken) return taken.error();
  return partition;
}

Result<void> Partition::take_over() {
  lock_ = UniqueFd(::openat(directory(), lock_file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock_) return Error::temporary(Condition::storage, "lock of " + path_ + ": " + std::strerror(errno));
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error::temporary(Condition::unavailable, "partition " + path_ + " is in use by another process");
  }
  const auto owner = read_file(disk_, directory(), owner_file);
  if (!owner && !loop::is_missing(owner.error())) return owner.error();
  const std::string text = owner ? *owner : std::string();
  generation_ = ascii::number<std::uint64_t>(setting(text, "generation")).value_or(0) + 1;
  // A new or lost counter begins at the time of day, above all that a partition can have used before.
  const auto known = ascii::number<std::uint32_t>(setting(text, "next_uidvalidity"));
  next_uidvalidity_ = known.value_or(static_cast<std::uint32_t>(std::time(nullptr)));
  uidvalidity_limit_ = next_uidvalidity_ + uidvalidity_block;
  return write_owner();
}

Result<void> Partition::write_owner() {
  std::string text = "generation = " + std::to_string(generation_);
  text += "\nhost = \"" + host_ + "\"\npid = " + std::to_string(::getpid());
  text += "\nnext_uidvalidity = " + std::to_string(uidvalidity_limit_) + "\n";
  return write_file(disk_, directory(), owner_file, text);
}

Result<std::string> Partition::read(const std::string& name, std::uint64_t max_octets) const {
  const auto file = disk_.open(directory(), name, Disk::Access::read);
  if (!file) return file.error();
  return loop::read_whole(disk_, file->get(), max_octets);
}

Result<void> Partition::write(const std::string& name, const std::string& content) {
  return write_file(disk_, directory(), name, content);
}

Result<std::uint32_t> Partition::next_uidvalidity() {
  const std::lock_guard lock(mutex_);
  if (next_uidvalidity_ >= uidvalidity_limit_) {
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
