// SPDX-License-Identifier: Apache-2.0
// Not a request: what an account does for itself when a call of the disk has said that something is missing.
#pragma once

#include <vector>

#include "store/daemon/operation.h"

namespace mailtree::store {

// Folders whose directories are gone are made anew, empty; their messages count as expunged, with an alarm. Only if the
// directory above can be read and does not hold the name: a disk that does not answer must not look like an empty
// folder. Should the files come back they are taken in as new mail.
class MendFoldersOperation final : public Operation {
 public:
  using Operation::Operation;
  [[nodiscard]] bool looks_at_files() const override { return true; }
  [[nodiscard]] bool for_any_owner() const override { return true; }
  Result<void> prepare(AccountAccess& access) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  [[nodiscard]] bool found_any() const { return !gone_.empty(); }

 private:
  struct Gone {
    FolderId folder = no_folder;
    bool directory = false;  // else only parts of it
    bool messages = false;   // cur/ is among these
  };
  static Result<bool> lacks(AccountAccess& access, const std::string& directory, const std::string& name);
  Result<Gone> look(AccountAccess& access, const Folder& folder) const;

  std::vector<Gone> gone_;
};

}  // namespace mailtree::store
