// SPDX-License-Identifier: Apache-2.0
// Reading as a session reads: the index, and the files that it names.
#include <algorithm>

#include "histories/world.h"
#include "store/daemon/operations/operations.h"
#include "store/daemon/thread.h"
#include "store/object_id.h"

namespace mailtree::histories {

bool World::read_folder(std::size_t number, const store::AccountRow& row, const store::FolderRow& folder, Seen& seen,
                        std::string& failure) {
  SeenFolder& got = seen.folders[folder.id];
  got.folder.id = folder.id;
  got.folder.name = folder.name;
  got.folder.uidvalidity = folder.uidvalidity;
  got.folder.uidnext = got.folder.seen_uidnext = folder.uidnext;
  got.folder.modseq = folder.highestmodseq;
  got.folder.object_id = folder.object_id;
  const auto rows = reader_->messages(keys_[number], folder.id, 1, UINT32_MAX, 100000);
  if (!rows) {
    failure = "the index has no rows of " + folder.name;
    return false;
  }
  const test::DiskState& state = disk_->state();
  const std::string path = account_path(number) + "/" + folder.directory;
  folder_paths_[{number, folder.id}] = path;
  const std::string cur_path = path + "/cur";
  const auto cur = state.find(test::DiskState::root, cur_path);
  for (const store::MessageRow& message : *rows) {
    std::string file = store::message_file_name(row, folder, message);
    auto inode = state.find(test::DiskState::root, cur_path + "/" + file);
    const std::string base = file.substr(0, file.rfind(":2,"));
    const bool misnamed = inode == test::DiskState::none;
    if (misnamed && cur != test::DiskState::none) {  // another program changed flags just now
      for (const auto& [name, other] : state.names(cur)) {
        if (name.starts_with(base)) inode = other;
      }
    }
    Message& seen_message = got.folder.messages[message.uid];
    seen_message.misnamed = misnamed;
    seen_message.content = inode == test::DiskState::none ? "(no file " + file + ")" : state.content(inode);
    seen_message.flags = message.flags;
    for (const std::string& keyword : store::keyword_names(folder, message.keywords)) {
      seen_message.keywords.insert(keyword);
    }
    seen_message.date = message.internal_date;
    seen_message.modseq = message.modseq;
    seen_message.object_ids = store::email_object_id(message.unique) + ' ' + store::thread_object_id(message.thread);
    const store::ThreadId thread = store::thread_of(store::named_thread(seen_message.content, true), message.unique);
    if (inode != test::DiskState::none && message.thread != thread) {
      failure = folder.name + ": uid " + std::to_string(message.uid) + " is in a thread that its header does not name";
      return false;
    }
  }
  return true;
}

bool World::read_changes(std::size_t number, const Judge& judge, Seen& seen, std::string& failure) {
  for (auto& [id, got] : seen.folders) {
    const std::uint64_t since = judge.client_modseq(id, got.folder.uidvalidity);
    const auto changes = reader_->changes(keys_[number], id, since, 100000);
    if (!changes) {
      failure = "no changes of " + got.folder.name;
      return false;
    }
    got.changes.forgotten = changes->forgotten;
    for (const store::MessageRow& message : changes->changed) got.changes.changed[message.uid] = message.flags;
    for (const std::uint32_t uid : uids_of(changes->expunged)) got.changes.vanished.insert(uid);
  }
  return true;
}

bool World::read_index(std::size_t number, const store::AccountRow& row, Seen& seen, std::string& failure) {
  seen.modseq = row.highestmodseq;
  seen.octets = row.totals.bytes;
  seen.messages = row.totals.messages;
  seen.subscriptions.insert(row.subscriptions.begin(), row.subscriptions.end());
  const auto folders = reader_->folders(keys_[number]);
  if (!folders) return failure = "the index has no folders of the account", false;
  return std::all_of(folders->begin(), folders->end(),
                     [&](const store::FolderRow& folder) { return read_folder(number, row, folder, seen, failure); });
}

namespace {

void add_files(const test::DiskState& state, test::DiskState::Inode directory, const std::string& path,
               std::vector<std::string>& files) {
  for (const auto& [name, inode] : state.names(directory)) {
    if (state.is_directory(inode)) {
      add_files(state, inode, path + name + "/", files);
    } else {
      files.push_back(path + name + " \"" + state.content(inode).substr(0, 10) + "\"");
    }
  }
}

}  // namespace

std::vector<std::string> World::files(std::size_t number) const {
  std::vector<std::string> files;
  const auto directory = disk_->state().find(test::DiskState::root, account_path(number));
  if (directory != test::DiskState::none) add_files(disk_->state(), directory, {}, files);
  return files;
}

std::size_t World::names_behind(std::size_t number) const {
  std::size_t behind = 0;
  const auto folders = reader_->folders(keys_[number]);
  if (!reader_->account(keys_[number]) || !folders) return 0;
  for (const store::FolderRow& folder : *folders) {
    const auto rows = reader_->messages(keys_[number], folder.id, 1, UINT32_MAX, 100000);
    if (!rows) continue;
    const auto is_behind = [](const store::MessageRow& row) { return row.name_flags != row.flags; };
    behind += static_cast<std::size_t>(std::count_if(rows->begin(), rows->end(), is_behind));
  }
  return behind;
}

bool World::glance(std::size_t number, Seen& seen, std::string& failure) {
  if (!reader_) return false;
  auto row = reader_->account(keys_[number]);
  if (!row) return false;
  const std::optional<store::AccountRow>& last = glanced_[number];
  if (last && last->highestmodseq == row->highestmodseq && last->totals == row->totals &&
      last->subscriptions == row->subscriptions) {
    return false;
  }
  glanced_[number] = std::move(*row);
  return read_index(number, *glanced_[number], seen, failure);
}

bool World::look(std::size_t number, const Judge& judge, Seen& seen, std::string& failure) {
  const store::AccountName name = name_of_account(number);
  const auto perform = [&](const std::shared_ptr<store::Operation>& operation) {
    phase_ = "look";
    account(number).run(std::vector{operation});
    static_cast<void>(account(number).take_notices());
    const bool done = static_cast<bool>(operation->outcome) && !disk_->is_dead();
    if (!operation->outcome) failure = operation->outcome.error().detail;
    if (done) clean_up(number);
    return done && !disk_->is_dead();
  };
  const auto opened = std::make_shared<store::OpenAccountOperation>(store::OpenAccount{name, {}});
  if (!perform(opened)) return false;
  const auto key = opened->reply.key;
  const auto before = reader_->folders(key);
  if (!before) return failure = "account is not in the index", false;
  for (const store::FolderRow& folder : *before) {
    store::OpenMailbox open;
    open.account = name;
    open.folder = folder.id;
    if (!perform(std::make_shared<store::OpenMailboxOperation>(open))) {
      failure = std::to_string(folder.id) + " " + folder.name + ": " + failure;
      return false;
    }
  }
  const auto row = reader_->account(key);
  if (!row) return failure = "account is not in the index any more", false;
  if (!read_index(number, *row, seen, failure) || !read_changes(number, judge, seen, failure)) return false;
  const test::DiskState& state = disk_->state();
  const auto aside = state.find(test::DiskState::root, account_path(number) + "/aside");
  if (aside == test::DiskState::none) return true;
  for (const auto& [file, inode] : state.names(aside)) seen.aside[file] = state.content(inode);
  return true;
}

}  // namespace mailtree::histories
