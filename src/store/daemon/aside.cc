// SPDX-License-Identifier: Apache-2.0
// Second names first, then a sync, then the old name may go.
#include "store/daemon/aside.h"

#include <algorithm>

#include "base/encoding.h"
#include "net/digest.h"

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr const char* aside_name = "aside";
constexpr std::size_t max_kept_name = 240;  // file systems allow 255; the suffix has 17
constexpr int max_tries = 8;
constexpr std::size_t copy_chunk = 256U << 10;

}  // namespace

Result<void> copy_octets(Disk& disk, int source, std::uint64_t size, int target) {
  std::string chunk(copy_chunk, '\0');
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(copy_chunk, size - at));
    const auto count = disk.read_at(source, chunk.data(), wanted, at);
    if (!count) return count.error();
    if (*count == 0) return Error::temporary(Condition::storage, "file is shorter than announced");
    const auto written = disk.write_at(target, std::string_view(chunk).substr(0, *count), at);
    if (!written) return written;
    at += *count;
  }
  return {};
}

// Something else has the name: it is the first thing to be set aside. A crash in between leaves it beside.
Result<void> Aside::move_away(Disk& disk, int account_directory) {
  const auto status = disk.status_at(account_directory, aside_name);
  if (!status) return status.error();
  if (status->is_directory) return {};
  const std::string other = std::string(aside_name) + "." + hex_encode(net::random_octets(8));
  auto done = disk.rename(account_directory, aside_name, account_directory, other, false);
  if (done) done = disk.make_directory(account_directory, aside_name);
  const auto directory = done ? disk.open(account_directory, aside_name, Disk::Access::directory)
                              : Result<UniqueFd>(done.error());
  if (!directory) return directory.error();
  return disk.rename(account_directory, other, directory->get(), other, false);
}

Result<Aside> Aside::open(Disk& disk, int account_directory) {
  auto made = disk.make_directory(account_directory, aside_name);
  if (!made && loop::is_taken(made.error())) made = move_away(disk, account_directory);
  if (!made) return made.error();
  auto directory = disk.open(account_directory, aside_name, Disk::Access::directory);
  if (!directory) return directory.error();
  const auto synced = disk.sync_directory(account_directory);
  if (!synced && made) static_cast<void>(disk.remove_directory(account_directory, aside_name));
  if (!synced) return synced.error();
  return Aside(disk, std::move(*directory));
}

Result<void> Aside::keep(int directory, const std::string& name) {
  const auto status = disk_.status_at(directory, name);
  if (!status) return status.error();
  const auto kept = has(*status);
  if (!kept) return kept.error();
  if (*kept) return {};
  const std::string base = name.substr(0, max_kept_name - 17);
  auto done = keep_as(directory, name, *status, base);
  for (int i = 0; i < max_tries && !done && loop::is_taken(done.error()); ++i) {
    done = keep_as(directory, name, *status, base + "." + hex_encode(net::random_octets(8)));
  }
  return done;
}

Result<void> Aside::keep_as(int directory, const std::string& name, const loop::FileStatus& status,
                            const std::string& kept) {
  auto linked = disk_.link(directory, name, directory_.get(), kept);
  if (linked) made_.push_back(kept);
  if (linked || linked.error().condition != Condition::cannot) return linked;
  if (status.is_regular) return copy(directory, name, status.size, kept);
  return disk_.rename(directory, name, directory_.get(), kept, false);
}

Result<void> Aside::copy(int directory, const std::string& name, std::uint64_t size, const std::string& kept) {
  const auto source = disk_.open(directory, name, Disk::Access::read);
  if (!source) return source.error();
  const auto target = disk_.open_unnamed(directory_.get());
  if (!target) return target.error();
  auto done = copy_octets(disk_, source->get(), size, target->get());
  if (done) done = disk_.sync_data(target->get());
  if (done) done = disk_.link_open_file(target->get(), directory_.get(), kept);
  if (done) made_.push_back(kept);
  return done;
}

// Whether the file itself lies in aside/ under any name.
Result<bool> Aside::has(const loop::FileStatus& status) {
  if (status.links < 2 || status.is_directory) return false;
  const auto names = disk_.list(directory_.get());
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const auto other = disk_.status_at(directory_.get(), name);
    if (other && other->inode == status.inode && other->device == status.device) return true;
  }
  return false;
}

Result<void> Aside::sync() {
  const auto synced = disk_.sync_directory(directory_.get());
  for (const std::string& name : made_) {
    if (!synced) static_cast<void>(disk_.unlink(directory_.get(), name));
  }
  made_.clear();
  return synced;
}

}  // namespace mailtree::store
