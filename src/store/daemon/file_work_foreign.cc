// SPDX-License-Identifier: Apache-2.0
// The data of files that other programs put there becomes durable before anything is said of them.
#include "base/encoding.h"
#include "log/log.h"
#include "net/digest.h"
#include "store/daemon/file_work.h"

namespace mailtree::store {
namespace {

constexpr std::size_t many_foreign_files = 64;  // beyond it the file system is synced first

}  // namespace

// The content in a new file, which takes the place of the old one.
Result<void> FileWork::write_anew(const file_action::TakeIn& taken, int directory, int file,
                                  const loop::FileStatus& status) {
  const auto tmp = open(taken.from_directory + "/tmp");
  if (!tmp) return tmp.error();
  const std::string draft = "copy." + hex_encode(net::random_octets(12));
  auto done = copy_into(file, status.size, *tmp, draft);
  if (!done) return done;
  const auto now = disk_.status_at(directory, taken.from_name);
  if (!now || now->inode != status.inode) {
    done = Error::temporary(Condition::storage, "foreign file " + taken.from_name + " was changed meanwhile");
  }
  if (done) done = disk_.rename(*tmp, draft, directory, taken.from_name, true);
  if (!done) static_cast<void>(disk_.unlink(*tmp, draft));
  return done;
}

Result<void> FileWork::sync_foreign_file(const file_action::TakeIn& taken, bool all_synced) {
  const auto directory = open(taken.from_directory + (taken.from_new ? "/new" : "/cur"));
  if (!directory) return directory.error();
  const auto file = disk_.open(*directory, taken.from_name, loop::Disk::Access::read);
  if (!file) return file.error();
  const auto status = disk_.status(file->get());
  if (!status) return status.error();
  const std::pair id{status->device, status->inode};
  if (!doubts_.contains(id)) {
    const auto synced = all_synced ? disk_.check_synced(file->get()) : disk_.sync_data(file->get());
    if (synced) return {};
    log::event(log::Level::error, "store.file.unsynced",
               {{"file", taken.from_directory + "/" + taken.from_name}, {"error", synced.error().detail}});
    doubts_.insert(id);
  }
  const auto written = write_anew(taken, *directory, file->get(), *status);
  if (written) doubts_.erase(id);
  return written;
}

void FileWork::doubt(const file_action::TakeIn& taken) {
  const auto directory = open(taken.from_directory + (taken.from_new ? "/new" : "/cur"));
  if (!directory) return;
  const auto status = disk_.status_at(*directory, taken.from_name);
  if (status) doubts_.emplace(status->device, status->inode);
}

Result<void> FileWork::sync_foreign(const std::vector<FileAction>& actions) {
  std::vector<const file_action::TakeIn*> foreign;
  for (const FileAction& action : actions) {
    if (const auto* taken = std::get_if<file_action::TakeIn>(&action)) foreign.push_back(taken);
  }
  bool all_synced = false;
  if (foreign.size() > many_foreign_files) {
    // Writes them out in one go. Only the files themselves tell whether all of each arrived.
    const auto synced = disk_.sync_file_system(account_);
    all_synced = synced.has_value();
    if (!all_synced) {
      log::event(log::Level::error, "store.file.unsynced", {{"error", synced.error().detail}});
      for (const file_action::TakeIn* taken : foreign) doubt(*taken);
    }
  }
  for (const file_action::TakeIn* taken : foreign) {
    const auto synced = sync_foreign_file(*taken, all_synced);
    if (!synced) return synced;
  }
  return {};
}

}  // namespace mailtree::store
