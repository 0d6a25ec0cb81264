// SPDX-License-Identifier: Apache-2.0
// Looking through a folder's directories for what other programs did: files they put there, flags they changed in
// names, files they took away.
#pragma once

#include <string>
#include <vector>

#include "store/daemon/operation.h"

namespace mailtree::store {

struct FolderScan {
  struct Foreign {
    std::string name;
    bool in_new = false;
    Message message;  // without uid and unique; `thread` is the one that it names
  };
  struct Renamed {
    Uid uid = 0;
    std::string name;        // as found
    std::uint8_t flags = 0;  // in that name
    bool in_new = false;     // mutt puts there what is not read, whatever its other flags
  };
  std::vector<Foreign> foreign;  // in order of arrival
  std::vector<Renamed> renamed;
  UidSet missing;                                // looked for twice
  std::vector<std::string> unfinished_removals;  // expunged, still there
  std::vector<std::string> leftovers;            // of our own unfinished work
};

// Not due: nothing has changed since the last scan as far as can be told, or the last suspicion was looked into
// less than `suspicion_seconds` ago.
constexpr std::int64_t suspicion_seconds = 30;
Result<bool> scan_is_due(AccountAccess& access, const Folder& folder);
Result<FolderScan> scan_folder(AccountAccess& access, const Folder& folder);
void plan_scan(Plan& plan, FolderId folder, const FolderScan& scan);

}  // namespace mailtree::store
