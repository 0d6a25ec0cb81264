// SPDX-License-Identifier: Apache-2.0
// The calls of a simulated disk.
#include "support/simulated_disk.h"

#include <fcntl.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace mailtree::test {
namespace {

using loop::FileStatus;

Error injected() {
  return Error::temporary(Condition::storage, "injected failure");
}
Error missing(const std::string& name) {
  return Error::temporary(Condition::no_such_message, "no such name: " + name);
}
Error taken(const std::string& name) {
  return Error::temporary(Condition::exists, "name exists: " + name);
}
Error wrong(const char* what) {
  return Error::temporary(Condition::storage, what);
}

}  // namespace

const char* name_of(SimulatedDisk::Call call) {
  static constexpr const char* names[SimulatedDisk::calls] = {
      "open",     "create", "open_unnamed", "read",           "write",
      "truncate", "status", "sync_data",    "sync_directory", "sync_file_system",
      "link",     "rename", "unlink",       "make_directory", "remove_directory",
      "list"};
  return names[static_cast<std::size_t>(call)];
}

SimulatedDisk::SimulatedDisk() : null_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {
  if (!null_) std::abort();
}

void SimulatedDisk::restart_after_kill() {
  handles_.clear();
  dead_ = false;
}

void SimulatedDisk::restart_after_power_cut(Dice& dice) {
  state_.cut(dice);
  restart_after_kill();
}

SimulatedDisk::Verdict SimulatedDisk::ask(Call call) {
  if (dead_) return Verdict::dead;
  const Verdict verdict = hook_ ? hook_(call) : Verdict::proceed;
  if (verdict == Verdict::dead) dead_ = true;
  if (verdict == Verdict::impossible && call != Call::link) return Verdict::proceed;
  return verdict;
}

SimulatedDisk::Inode SimulatedDisk::inode_of(int fd) const {
  if (fd < first_descriptor) return DiskState::root;
  const auto found = handles_.find(fd);
  return found == handles_.end() ? DiskState::none : found->second;
}

Result<SimulatedDisk::Place> SimulatedDisk::place_of(int directory, const std::string& path) const {
  const Inode base = inode_of(directory);
  if (base == DiskState::none || !state_.exists(base)) return wrong("stale descriptor");
  const std::size_t slash = path.rfind('/');
  Place place;
  place.directory = slash == std::string::npos ? base : state_.find(base, std::string_view(path).substr(0, slash));
  place.name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (place.directory == DiskState::none || !state_.is_directory(place.directory)) return missing(path);
  const auto& names = state_.names(place.directory);
  const auto found = names.find(place.name);
  if (found != names.end()) place.inode = found->second;
  return place;
}

Result<UniqueFd> SimulatedDisk::handle(Inode inode) {
  UniqueFd fd(::fcntl(null_.get(), F_DUPFD_CLOEXEC, first_descriptor));
  if (!fd) return wrong("no descriptor left");
  handles_[fd.get()] = inode;
  return fd;
}

Result<UniqueFd> SimulatedDisk::open(int directory, const std::string& path, Access access) {
  if (ask(access == Access::create_new ? Call::create : Call::open) != Verdict::proceed) return injected();
  if (path == "." && access == Access::directory) {
    const Inode itself = inode_of(directory);
    return itself == DiskState::none ? Result<UniqueFd>(wrong("stale descriptor")) : handle(itself);
  }
  const auto place = place_of(directory, path);
  if (!place) return place.error();
  if (access == Access::create_new) {
    if (place->inode != DiskState::none) return taken(path);
    const Inode made = state_.make_file();
    state_.change_names({{place->directory, place->name, DiskState::none, made}});
    return handle(made);
  }
  if (place->inode == DiskState::none) return missing(path);
  if (access == Access::directory && !state_.is_directory(place->inode)) return missing(path);
  if (access == Access::read_write && state_.is_directory(place->inode)) return wrong("is a directory");
  return handle(place->inode);
}

Result<UniqueFd> SimulatedDisk::open_unnamed(int directory) {
  if (ask(Call::open_unnamed) != Verdict::proceed) return injected();
  if (inode_of(directory) == DiskState::none) return wrong("stale descriptor");
  return handle(state_.make_file());
}

Result<std::size_t> SimulatedDisk::read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) {
  if (ask(Call::read) != Verdict::proceed) return injected();
  const Inode inode = inode_of(fd);
  if (inode == DiskState::none || state_.is_directory(inode)) return wrong("stale descriptor");
  const std::string& content = state_.content(inode);
  if (offset >= content.size()) return std::size_t{0};
  return content.copy(buffer, size, static_cast<std::size_t>(offset));
}

Result<void> SimulatedDisk::write_at(int fd, std::string_view octets, std::uint64_t offset) {
  const Verdict verdict = ask(Call::write);
  const Inode inode = inode_of(fd);
  if (inode == DiskState::none) return wrong("stale descriptor");
  if (verdict == Verdict::fail) state_.write(inode, offset, octets.substr(0, octets.size() / 2));
  if (verdict != Verdict::proceed) return injected();
  state_.write(inode, offset, octets);
  return {};
}

Result<void> SimulatedDisk::truncate(int fd, std::uint64_t size) {
  if (ask(Call::truncate) != Verdict::proceed) return injected();
  const Inode inode = inode_of(fd);
  if (inode == DiskState::none) return wrong("stale descriptor");
  state_.truncate(inode, size);
  return {};
}

FileStatus SimulatedDisk::status_of(Inode inode) const {
  FileStatus status;
  status.device = 1;
  status.inode = inode;
  status.is_directory = state_.is_directory(inode);
  status.is_regular = !status.is_directory;
  status.size = status.is_regular ? state_.content(inode).size() : 0;
  status.links = state_.links(inode);
  status.modified_ns = state_.modified_ns(inode);
  return status;
}

Result<FileStatus> SimulatedDisk::status(int fd) {
  if (ask(Call::status) != Verdict::proceed) return injected();
  const Inode inode = inode_of(fd);
  if (inode == DiskState::none) return wrong("stale descriptor");
  return status_of(inode);
}

Result<FileStatus> SimulatedDisk::status_at(int directory, const std::string& name) {
  if (ask(Call::status) != Verdict::proceed) return injected();
  const auto place = place_of(directory, name);
  if (!place) return place.error();
  if (place->inode == DiskState::none) return missing(name);
  return status_of(place->inode);
}

Result<void> SimulatedDisk::sync_data(int fd) {
  const Verdict verdict = ask(Call::sync_data);
  const Inode inode = inode_of(fd);
  if (inode == DiskState::none) return wrong("stale descriptor");
  if (verdict == Verdict::fail) state_.fail_data(inode);
  if (verdict != Verdict::proceed) return injected();
  state_.sync_data(inode);
  return {};
}

Result<void> SimulatedDisk::sync_directory(int fd) {
  const Verdict verdict = ask(Call::sync_directory);
  const Inode inode = inode_of(fd);
  if (inode == DiskState::none || !state_.exists(inode)) return wrong("stale descriptor");
  if (verdict == Verdict::fail && directories_forget_) state_.fail_names(inode);
  if (verdict != Verdict::proceed) return injected();
  state_.sync_names(inode);
  return {};
}

Result<void> SimulatedDisk::sync_file_system(int fd) {
  if (ask(Call::sync_file_system) != Verdict::proceed) return injected();
  if (inode_of(fd) == DiskState::none) return wrong("stale descriptor");
  state_.sync_all();
  return {};
}

Result<void> SimulatedDisk::enter(Inode inode, int directory, const std::string& name) {
  const auto place = place_of(directory, name);
  if (!place) return place.error();
  if (place->inode != DiskState::none) return taken(name);
  state_.change_names({{place->directory, place->name, DiskState::none, inode}});
  return {};
}

Result<void> SimulatedDisk::link_open_file(int fd, int directory, const std::string& name) {
  const Verdict verdict = ask(Call::link);
  if (verdict == Verdict::impossible) return Error::temporary(Condition::cannot, "no such link here");
  if (verdict != Verdict::proceed) return injected();
  const Inode inode = inode_of(fd);
  if (inode == DiskState::none) return wrong("stale descriptor");
  return enter(inode, directory, name);
}

Result<void> SimulatedDisk::link(int from_directory, const std::string& from, int directory, const std::string& name) {
  const Verdict verdict = ask(Call::link);
  if (verdict == Verdict::impossible) return Error::temporary(Condition::cannot, "no such link here");
  if (verdict != Verdict::proceed) return injected();
  const auto source = place_of(from_directory, from);
  if (!source) return source.error();
  if (source->inode == DiskState::none) return missing(from);
  return enter(source->inode, directory, name);
}

Result<void> SimulatedDisk::rename(int from_directory, const std::string& from, int directory, const std::string& name,
                                   bool replace) {
  if (ask(Call::rename) != Verdict::proceed) return injected();
  const auto source = place_of(from_directory, from);
  const auto target = place_of(directory, name);
  if (!source) return source.error();
  if (!target) return target.error();
  if (source->inode == DiskState::none) return missing(from);
  if (target->inode == source->inode) return {};  // two names of one file: nothing happens
  if (target->inode != DiskState::none && !replace) return taken(name);
  if (target->inode != DiskState::none && state_.is_directory(target->inode)) return taken(name);
  state_.change_names({{source->directory, source->name, source->inode, DiskState::none},
                       {target->directory, target->name, target->inode, source->inode}});
  return {};
}

Result<void> SimulatedDisk::unlink(int directory, const std::string& name) {
  if (ask(Call::unlink) != Verdict::proceed) return injected();
  const auto place = place_of(directory, name);
  if (!place) return place.error();
  if (place->inode == DiskState::none) return missing(name);
  if (state_.is_directory(place->inode)) return wrong("is a directory");
  state_.change_names({{place->directory, place->name, place->inode, DiskState::none}});
  return {};
}

Result<void> SimulatedDisk::make_directory(int directory, const std::string& name) {
  if (ask(Call::make_directory) != Verdict::proceed) return injected();
  const auto place = place_of(directory, name);
  if (!place) return place.error();
  if (place->inode != DiskState::none) return taken(name);
  state_.change_names({{place->directory, place->name, DiskState::none, state_.make_directory()}});
  return {};
}

Result<void> SimulatedDisk::remove_directory(int directory, const std::string& name) {
  if (ask(Call::remove_directory) != Verdict::proceed) return injected();
  const auto place = place_of(directory, name);
  if (!place) return place.error();
  if (place->inode == DiskState::none) return missing(name);
  if (!state_.is_directory(place->inode)) return wrong("not a directory");
  if (!state_.names(place->inode).empty()) return taken(name);
  state_.change_names({{place->directory, place->name, place->inode, DiskState::none}});
  return {};
}

// In the order in which the files were made, whatever their names are.
Result<std::vector<std::string>> SimulatedDisk::list(int directory) {
  if (ask(Call::list) != Verdict::proceed) return injected();
  const Inode inode = inode_of(directory);
  if (inode == DiskState::none || !state_.exists(inode)) return wrong("stale descriptor");
  std::vector<std::pair<Inode, std::string>> found;
  for (const auto& [name, member] : state_.names(inode)) found.emplace_back(member, name);
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (auto& [member, name] : found) names.push_back(std::move(name));
  return names;
}

}  // namespace mailtree::test
