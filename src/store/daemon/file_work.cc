// SPDX-License-Identifier: Apache-2.0
// Links, renames and removals of message files, in the order that makes them durable.
#include "store/daemon/file_work.h"

#include <algorithm>
#include <optional>

#include "store/daemon/aside.h"

namespace mailtree::store {
namespace {

using loop::Disk;

std::string cur_of(const std::string& directory) {
  return directory + "/cur";
}
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);  // Maildir/ stands in the account's directory
}

}  // namespace

Result<int> FileWork::open(const std::string& path) {
  const auto known = open_.find(path);
  if (known != open_.end()) return known->second.get();
  auto fd = disk_.open(account_, path, Disk::Access::directory);
  if (!fd) return fd.error();
  return open_.emplace(path, std::move(*fd)).first->second.get();
}

// cur/ of a folder. What others did to it before our change need not be told apart: note_times() makes the folder
// suspect in any case.
Result<int> FileWork::open_cur(const std::string& folder_directory, bool changing) {
  const std::string path = cur_of(folder_directory);
  const auto fd = open(path);
  if (!fd || !changing) return fd;
  touched_cur_.emplace(folder_directory, *fd);
  changed_[path] = true;
  return fd;
}

Result<void> FileWork::make_folder(Disk& disk, int account_directory, const std::string& directory) {
  auto done = disk.make_directory(account_directory, directory);
  for (const char* part : {"/cur", "/new", "/tmp"}) {
    if (done) done = disk.make_directory(account_directory, directory + part);
  }
  if (!done) return done;
  const auto fd = disk.open(account_directory, directory, Disk::Access::directory);
  if (!fd) return fd.error();
  return disk.sync_directory(fd->get());
}

Result<void> FileWork::copy_into(int source, std::uint64_t size, int directory, const std::string& name) {
  const auto file = disk_.open_unnamed(directory);
  if (!file) return file.error();
  const auto copied = copy_octets(disk_, source, size, file->get());
  if (!copied) return copied;
  const auto synced = disk_.sync_data(file->get());
  if (!synced) return synced;
  return disk_.link_open_file(file->get(), directory, name);
}

Result<void> FileWork::link_file(const file_action::LinkFile& action) {
  const auto cur = open_cur(action.directory, true);
  if (!cur) return cur.error();
  const int source = action.file->get();
  const auto try_once = [&]() -> Result<void> {
    const auto status = disk_.status(source);
    if (!status) return status.error();
    if (status->links < max_links) {
      auto linked = disk_.link_open_file(source, *cur, action.name);
      if (linked || linked.error().condition != Condition::cannot) return linked;
    }
    return copy_into(source, action.size, *cur, action.name);
  };
  auto done = try_once();
  if (!done && loop::is_taken(done.error())) {
    // A file of this name without a record: left by a crash of this very delivery. The new data is the durable one.
    const auto removed = disk_.unlink(*cur, action.name);
    if (!removed) return removed;
    done = try_once();
  }
  if (done) made_.push_back({*cur, {action.directory, action.name}});
  return done;
}

// Of the same message: another program has changed the flags in it since the folder was looked through.
std::optional<std::string> FileWork::other_name(int directory, const std::string& name) {
  const std::string_view base = std::string_view(name).substr(0, name.rfind(":2,") + 3);
  const auto names = disk_.list(directory);
  if (!names) return std::nullopt;
  const auto found =
      std::find_if(names->begin(), names->end(), [base](const std::string& one) { return one.starts_with(base); });
  if (found == names->end()) return std::nullopt;
  return *found;
}

Result<void> FileWork::link_message(const file_action::LinkMessage& action) {
  const auto from = open_cur(action.from_directory, false);
  const auto cur = open_cur(action.directory, true);
  if (!from) return from.error();
  if (!cur) return cur.error();
  std::string from_name = action.from_name;
  const auto try_once = [&]() -> Result<void> {
    auto linked = disk_.link(*from, from_name, *cur, action.name);
    if (linked || linked.error().condition != Condition::cannot) return linked;
    const auto source = disk_.open(*from, from_name, Disk::Access::read);
    if (!source) return source.error();
    return copy_into(source->get(), action.size, *cur, action.name);
  };
  auto done = try_once();
  if (!done && loop::is_missing(done.error())) {
    const auto other = other_name(*from, from_name);
    if (other) {
      watches_[action.from_directory].scanned = false;
      from_name = *other;
      done = try_once();
    }
  }
  if (!done && loop::is_taken(done.error())) {
    const auto removed = disk_.unlink(*cur, action.name);
    if (!removed) return removed;
    done = try_once();
  }
  if (done) made_.push_back({*cur, {action.directory, action.name}});
  return done;
}

// A file that got its name before a crash or a failure: only to be synced, unless that has failed here already. On the
// way it is a name of the same message.
Result<void> FileWork::name_anew(int directory, const std::string& name) {
  if (doubts_.empty()) return {};
  const auto status = disk_.status(directory);
  if (!status) return status.error();
  if (!doubts_.contains({status->device, status->inode})) return {};
  const std::string other = name + "x";
  auto done = disk_.rename(directory, name, directory, other, false);
  if (done) done = disk_.rename(directory, other, directory, name, false);
  return done;
}

Result<void> FileWork::take_in(const file_action::TakeIn& action) {
  const auto cur = open_cur(action.from_directory, true);
  if (!cur) return cur.error();
  auto from = cur;
  if (action.from_new) {
    const std::string path = action.from_directory + "/new";
    from = open(path);
    if (!from) return from.error();
    changed_[path] = true;
  }
  if (!action.from_new && action.from_name == action.name) return name_anew(*cur, action.name);
  return disk_.rename(*from, action.from_name, *cur, action.name, false);
}

// Second names in aside/ for all that is to go there, durable before set_aside() takes the first ones away.
Result<void> FileWork::keep_aside(const std::vector<FileAction>& actions) {
  std::optional<Aside> aside;
  for (const FileAction& action : actions) {
    const auto* const item = std::get_if<file_action::SetAside>(&action);
    if (item == nullptr) continue;
    const auto cur = open_cur(item->from_directory, true);
    if (!cur) return cur.error();
    if (!aside) {
      auto opened = Aside::open(disk_, account_);
      if (!opened) return opened.error();
      aside.emplace(std::move(*opened));
    }
    const auto kept = aside->keep(*cur, item->from_name);
    if (!kept && !loop::is_missing(kept.error())) return kept;
  }
  return aside ? aside->sync() : Result<void>();
}

Result<void> FileWork::set_aside(const file_action::SetAside& action) {
  const auto cur = open_cur(action.from_directory, true);
  if (!cur) return cur.error();
  const auto removed = disk_.unlink(*cur, action.from_name);
  if (!removed && loop::is_missing(removed.error())) return {};  // moved, or gone meanwhile
  return removed;
}

// Nobody knows whether what is there was ever synced, or had all its parts.
Result<void> FileWork::take_in_folder(const std::string& directory) {
  const auto whole = disk_.make_directory(account_, directory);
  if (!whole && !loop::is_taken(whole.error())) return whole;
  if (whole) made_folders_.push_back(directory);
  for (const char* part : {"/cur", "/new", "/tmp"}) {
    const auto made = disk_.make_directory(account_, directory + part);
    if (!made && !loop::is_taken(made.error())) return made;
  }
  changed_[directory] = true;
  changed_[parent_of(directory)] = true;
  return {};
}

Result<void> FileWork::act(const FileAction& action) {
  if (const auto* make = std::get_if<file_action::MakeFolder>(&action)) {
    // Built in place: without a record a folder directory means nothing, and its name is free.
    const auto made = make_folder(disk_, account_, make->directory);
    if (made || !loop::is_taken(made.error())) made_folders_.push_back(make->directory);
    if (!made) return made;
    const auto parent = open(parent_of(make->directory));
    if (!parent) return parent.error();
    changed_[parent_of(make->directory)] = true;
    return {};
  }
  if (const auto* folder = std::get_if<file_action::TakeInFolder>(&action)) {
    taken_folders_.push_back(folder->directory);
    return take_in_folder(folder->directory);
  }
  if (const auto* folder = std::get_if<file_action::NeedFolder>(&action)) {
    if (watches_[folder->directory].rooted && disk_.status_at(account_, cur_of(folder->directory))) return {};
    taken_folders_.push_back(folder->directory);
    return take_in_folder(folder->directory);
  }
  if (const auto* file = std::get_if<file_action::LinkFile>(&action)) return link_file(*file);
  if (const auto* message = std::get_if<file_action::LinkMessage>(&action)) return link_message(*message);
  if (const auto* foreign = std::get_if<file_action::TakeIn>(&action)) return take_in(*foreign);
  if (const auto* names = std::get_if<file_action::SyncNames>(&action)) {
    changed_[cur_of(names->directory)] = true;
    return {};
  }
  return set_aside(std::get<file_action::SetAside>(action));
}

Result<void> FileWork::sync_changed() {
  for (auto& [path, due] : changed_) {
    if (!due) continue;
    const auto fd = open(path);
    if (!fd) return fd.error();
    const auto synced = disk_.sync_directory(*fd);
    if (!synced) {
      const auto status = disk_.status(*fd);
      if (status) doubts_.emplace(status->device, status->inode);
      return synced;
    }
    due = false;
  }
  return {};
}

// The mtime has the grain of a clock tick: a foreign change in the same tick as ours cannot be seen, so a folder that
// was just changed is looked through once more when somebody opens it.
void FileWork::note_times() {
  for (const auto& [directory, fd] : touched_cur_) {
    const auto status = disk_.status(fd);
    FolderWatch& watch = watches_[directory];
    if (status) watch.cur_ns = status->modified_ns;
    watch.suspect = true;
  }
  touched_cur_.clear();
}

Result<void> FileWork::run(const std::vector<FileAction>& actions) {
  auto done = sync_foreign(actions);
  if (done) done = keep_aside(actions);
  for (std::size_t i = 0; done && i < actions.size(); ++i) done = act(actions[i]);
  if (done) done = sync_changed();
  note_times();
  for (const std::string& directory : taken_folders_) watches_[directory].rooted = done.has_value();
  taken_folders_.clear();
  return done;
}

Result<void> FileWork::rename(const std::string& folder_directory, const std::string& from, const std::string& to) {
  const auto cur = open_cur(folder_directory, true);
  if (!cur) return cur.error();
  Result<void> done;
  if (from == to) {
    const auto status = disk_.status_at(*cur, from);
    if (!status) done = status.error();
  } else {
    done = disk_.rename(*cur, from, *cur, to, false);
    if (done) renamed_.push_back({*cur, folder_directory, from, to});
  }
  // What name it has now only a look through the folder can tell.
  if (!done) watches_[folder_directory].scanned = false;
  return done;
}

Result<void> FileWork::sync_names() {
  const auto done = sync_changed();
  note_times();
  return done;
}

std::vector<CleanUp> FileWork::undo() {
  std::vector<CleanUp> left;
  for (auto file = renamed_.rbegin(); file != renamed_.rend(); ++file) {
    const auto back = disk_.rename(file->cur, file->to, file->cur, file->from, false);
    if (!back) watches_[file->folder_directory].scanned = false;
  }
  renamed_.clear();
  for (Made& made : made_) {
    const auto removed = disk_.unlink(made.directory, made.file.name);
    if (!removed && !loop::is_missing(removed.error())) left.push_back(std::move(made.file));
  }
  made_.clear();
  for (auto folder = made_folders_.rbegin(); folder != made_folders_.rend(); ++folder) {
    CleanUp item{*folder, {}};
    watches_[*folder].rooted = false;
    if (!remove_leftover(item)) left.push_back(std::move(item));
  }
  made_folders_.clear();
  return left;
}

Result<void> FileWork::remove_leftover(const CleanUp& item) {
  if (!item.name.empty()) return remove(item);
  for (const char* part : {"/cur", "/new", "/tmp", ""}) {
    const auto gone = disk_.remove_directory(account_, item.directory + part);
    if (!gone && loop::is_taken(gone.error())) break;
    if (!gone && !loop::is_missing(gone.error())) return gone;
  }
  return {};
}

Result<void> FileWork::remove(const CleanUp& item) {
  if (!item.name.empty()) {
    const auto there = open(cur_of(item.directory));
    if (!there && loop::is_missing(there.error())) return {};
    const auto cur = open_cur(item.directory, true);
    auto removed = cur ? disk_.unlink(*cur, item.name) : Result<void>(cur.error());
    if (!removed) watches_[item.directory].scanned = false;  // it may be there still, or under another name
    if (!removed && loop::is_missing(removed.error())) removed = {};
    note_times();
    return removed;
  }
  Result<void> outcome;
  for (const char* part : {"/cur", "/new", "/tmp", ""}) {
    const std::string path = item.directory + part;
    const auto fd = open(path);
    if (!fd) {
      if (loop::is_missing(fd.error())) continue;
      return fd.error();
    }
    const auto names = disk_.list(*fd);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (*part == '\0' && (name == "cur" || name == "new" || name == "tmp")) continue;
      const auto removed = disk_.unlink(*fd, name);
      if (!removed) outcome = removed;
    }
    open_.erase(path);
    changed_.erase(path);
    touched_cur_.erase(item.directory);
    const auto gone = disk_.remove_directory(account_, path);
    if (!gone && !loop::is_missing(gone.error())) outcome = gone;
  }
  watches_.erase(item.directory);
  changed_[parent_of(item.directory)] = true;
  return outcome;
}

Result<void> FileWork::sync_removals() {
  return sync_changed();
}

}  // namespace mailtree::store
