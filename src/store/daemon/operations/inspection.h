// SPDX-License-Identifier: Apache-2.0
// InspectAccount: what an account holds, and whether log, files and index agree; rebuild makes them agree.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/daemon/operations/operations.h"
#include "store/inspection.h"

namespace mailtree::store {

class InspectOperation final : public RequestOperation<InspectAccount> {
 public:
  using RequestOperation::RequestOperation;
  bool looks_at_files() const override { return true; }
  bool for_any_owner() const override { return true; }
  bool wants_index() const override { return depth() == Depth::rebuild; }
  bool renews_index() const override { return depth() == Depth::rebuild; }
  Result<void> absent(Partition&, std::int64_t) override { return {}; }
  Result<void> prepare(AccountAccess& access) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  void see_index(IndexWriter& index, const IndexedAccount& indexed, const AccountState& state, bool published) override;

 private:
  struct Looked {
    FolderScan scan;
    UidSet damaged;
  };
  [[nodiscard]] Depth depth() const { return static_cast<Depth>(request.depth); }
  [[nodiscard]] bool is_wanted(const Folder& folder) const;
  void say(const char* kind, const std::string& folder, std::string what);
  Result<void> look_through(AccountAccess& access, const Folder& folder);
  Result<void> measure(AccountAccess& access, const Folder& folder, Looked& looked);
  Result<void> look_for_folders(AccountAccess& access);
  static void plan_damaged(Plan& plan, FolderId folder, const UidSet& damaged);

  std::map<FolderId, Looked> looked_;
  std::vector<std::string> foreign_folders_;
};

}  // namespace mailtree::store
