// SPDX-License-Identifier: Apache-2.0
// FileWork: carries out the file side of a plan below one account directory. Synchronous, for pool threads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"
#include "store/daemon/plan.h"

namespace mailtree::store {

// What we know of a folder's directories, to notice when another program changes them. In memory only.
struct FolderWatch {
  bool scanned = false;         // since the account was loaded
  bool rooted = false;          // the directory and its name are durable for certain
  bool suspect = false;         // cur/ was changed by somebody else, or may have been
  std::int64_t cur_ns = 0;      // mtime of cur/ after our last change
  std::int64_t new_ns = 0;      // mtime of new/ at the last scan
  std::int64_t scanned_at = 0;  // seconds since 1970
};
using FolderWatches = std::map<std::string, FolderWatch>;  // by folder directory
constexpr const char* folder_list_watch = "";              // of Maildir/ as the place of folders

// Foreign files whose sync has failed: a later success would say nothing about them (reliability C3), so they only
// count when their content was written anew. And folders' directories: there it is names. In memory only.
using Doubts = std::set<std::pair<std::uint64_t, std::uint64_t>>;  // device, inode

class FileWork {
 public:
  FileWork(loop::Disk& disk, int account_directory, FolderWatches& watches, Doubts& doubts)
      : disk_(disk), account_(account_directory), watches_(watches), doubts_(doubts) {}

  // Everything, durably. After a failure undo() removes the files and folders that were made, and gives files of
  // rename() their names back. What it could not remove is returned, for remove_leftover(): a later scan would take it
  // for foreign mail.
  Result<void> run(const std::vector<FileAction>& actions);
  [[nodiscard]] std::vector<CleanUp> undo();
  // A folder only if nothing is in it: what somebody else put there is theirs.
  Result<void> remove_leftover(const CleanUp& item);

  // Another name for a message's file in cur/ of a folder, durable with sync_names(). With equal names: whether it is
  // there. Condition::no_such_message, exists: another program has renamed it, or made a file of the new name.
  Result<void> rename(const std::string& folder_directory, const std::string& from, const std::string& to);
  Result<void> sync_names();

  // Failures are reported and left for the next scan.
  Result<void> remove(const CleanUp& item);
  // Removals so far become durable, e.g. before a log is rewritten without their tombstones.
  Result<void> sync_removals();

  // A directory below the account, opened once for this object. -1 and an error inside the Result if it cannot be.
  Result<int> open(const std::string& path);
  static Result<void> make_folder(loop::Disk& disk, int account_directory, const std::string& directory);

 private:
  struct Made {
    int directory;
    CleanUp file;
  };
  struct Renamed {
    int cur;
    std::string folder_directory;
    std::string from;
    std::string to;
  };
  Result<void> act(const FileAction& action);
  Result<void> take_in_folder(const std::string& directory);
  Result<void> link_file(const file_action::LinkFile& action);
  Result<void> link_message(const file_action::LinkMessage& action);
  std::optional<std::string> other_name(int directory, const std::string& name);
  Result<void> take_in(const file_action::TakeIn& action);
  Result<void> keep_aside(const std::vector<FileAction>& actions);
  Result<void> set_aside(const file_action::SetAside& action);
  Result<void> copy_into(int source, std::uint64_t size, int directory, const std::string& name);
  Result<int> open_cur(const std::string& folder_directory, bool changing);
  Result<void> sync_foreign(const std::vector<FileAction>& actions);
  Result<void> sync_foreign_file(const file_action::TakeIn& taken, bool all_synced);
  void doubt(const file_action::TakeIn& taken);
  Result<void> name_anew(int directory, const std::string& name);
  Result<void> write_anew(const file_action::TakeIn& taken, int directory, int file, const loop::FileStatus& status);
  Result<void> sync_changed();
  void note_times();

  loop::Disk& disk_;
  int account_;
  FolderWatches& watches_;
  Doubts& doubts_;
  std::map<std::string, UniqueFd> open_;
  std::map<std::string, bool> changed_;     // paths of directories to sync -> still to be synced
  std::map<std::string, int> touched_cur_;  // folder directory -> descriptor of its cur/
  std::vector<Made> made_;
  std::vector<Renamed> renamed_;
  std::vector<std::string> made_folders_;
  std::vector<std::string> taken_folders_;
};

}  // namespace mailtree::store
