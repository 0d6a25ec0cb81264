// SPDX-License-Identifier: Apache-2.0
// Looking through an account for folders that other programs made. Synchronous, for pool threads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/daemon/operation.h"

namespace mailtree::store {

// A list that is some seconds older than the directory's last change stays good until the next one.
constexpr std::int64_t settled_seconds = 2;

// Names of the folder directories that the log does not know, e.g. ".Work", sorted. None if nothing has changed since
// the last look as far as can be told. An error if the disk does not say.
Result<std::vector<std::string>> find_foreign_folders(AccountAccess& access);

// Takes these in, each under a name that no folder has yet, subscribed to. An error if no UIDVALIDITY can be had.
Result<void> plan_foreign_folders(Plan& plan, AccountAccess& access, const std::vector<std::string>& directories);

}  // namespace mailtree::store
