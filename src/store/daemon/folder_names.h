// SPDX-License-Identifier: Apache-2.0
// Names of folders (UTF-8, '/' between levels) and of their directories (Maildir++, '.' between levels).
#pragma once

#include <array>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/daemon/state.h"

namespace mailtree::store {

// Of a new account, beside INBOX.
constexpr std::array<const char*, 4> default_folders = {"Sent", "Drafts", "Trash", "Junk"};

constexpr const char* inbox_directory = "Maildir";

// The name as it is stored: "inbox" alone or as first level in capitals. Condition::cannot if it can never be a name.
Result<std::string> folder_name(std::string_view wanted);

// The directory of a new folder: from its name if that is legal and free there, else from its number. An error of
// `exists` is handed on: a disk that does not say what is there must not make us look for ever.
Result<std::string> new_directory(const AccountState& state, FolderId id, const std::string& name,
                                  const std::function<Result<bool>(const std::string& directory)>& exists);

// The name a foreign directory ".A.B" stands for; its number if it says nothing legal.
std::string name_of_directory(std::string_view directory);

std::uint8_t special_use_of(std::string_view name);  // of the default folders: Sent, Drafts, Trash, Junk

bool is_utf8(std::string_view text);

}  // namespace mailtree::store
