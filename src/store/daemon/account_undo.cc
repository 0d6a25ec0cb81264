// SPDX-License-Identifier: Apache-2.0
// Taking back what was done to files for a change that is refused.
#include "store/daemon/account.h"

namespace mailtree::store {

void Account::undo(FileWork& work) {
  std::vector<CleanUp> left = work.undo();
  leftovers_.insert(leftovers_.end(), left.begin(), left.end());
}

// After a failed append, before forget(): what the disk has of it is unknown. The log is replaced without it before
// anything else happens (load()). Until then a kill may let the record stand, so its files must too.
void Account::undo_when_replaced(std::unique_ptr<FileWork> work, const LogPosition& before) {
  trusted_ = before;
  to_undo_.emplace(Unrecorded{std::move(loaded_->directory), std::move(work)});
}

// Once the log in `directory` says nothing of it any more. If that is not the directory of then, the log which may say
// it was moved away, and its files are left to it.
Result<void> Account::undo_unrecorded(int directory) {
  if (!to_undo_) return {};
  const auto then = partition_.disk().status(to_undo_->directory.get());
  if (!then) return then.error();
  const auto now = partition_.disk().status(directory);
  if (!now) return now.error();
  if (then->device == now->device && then->inode == now->inode) undo(*to_undo_->work);
  to_undo_.reset();
  return {};
}

// Before anything may look at the folders: what was refused must not come back as foreign mail.
Result<void> Account::remove_leftovers() {
  if (leftovers_.empty()) return {};
  FileWork work(partition_.disk(), loaded_->directory.get(), watches_, doubts_);
  for (const CleanUp& item : leftovers_) {
    const Result<void> removed = work.remove_leftover(item);
    if (!removed) return removed;
  }
  leftovers_.clear();
  return {};
}

}  // namespace mailtree::store
