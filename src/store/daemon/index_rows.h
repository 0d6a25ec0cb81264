// SPDX-License-Identifier: Apache-2.0
// The state of an account as rows of the index. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "store/daemon/state.h"
#include "store/index_format.h"

namespace mailtree::store {

// What a row needs to know of an account besides its state.
struct IndexedAccount {
  AccountKey key = 0;
  std::string path;            // relative to the partition
  std::int64_t listed_ns = 0;  // AccountRow::listed_ns
};

FolderRow folder_row(const Folder& folder);
MessageRow message_row(const Folder& folder, const Message& message);
// The rows as they lie in the index, but for their checksums; `message` is one of the folder's own.
std::string folder_value(const Folder& folder);
std::string message_value(const Folder& folder, const Message& message);
std::string account_value(const IndexedAccount& account, const AccountState& state, const LogPosition& position);

}  // namespace mailtree::store
