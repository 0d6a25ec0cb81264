// SPDX-License-Identifier: Apache-2.0
// The items of FETCH that stand in the index row: FLAGS, UID, INTERNALDATE, RFC822.SIZE, EMAILID, THREADID.
#pragma once

#include <string>

#include "imap/grammar/fetch_item.h"
#include "store/index_reader.h"

namespace mailtree::imap {

// "FLAGS (\Seen $Junk)"
void append_flags_item(std::string& out, const store::MessageRow& row, const store::FolderRow& folder, bool recent);

// "* n FETCH ("
void append_fetch_start(std::string& out, std::size_t number);

// `item` must not need the message.
void append_row_item(std::string& out, const FetchItem& item, const store::MessageRow& row,
                     const store::FolderRow& folder, bool recent);

// "* FLAGS (…)" and "* OK [PERMANENTFLAGS (…)]" with the keywords of the folder.
void append_folder_flags(std::string& out, const store::FolderRow& folder, bool read_only);

}  // namespace mailtree::imap
