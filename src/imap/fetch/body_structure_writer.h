// SPDX-License-Identifier: Apache-2.0
// BODY and BODYSTRUCTURE as text (RFC 3501 section 7.4.2).
#pragma once

#include <string>
#include <string_view>

#include "mime/part_tree.h"

namespace mailtree::imap {

// `extended`: BODYSTRUCTURE, with extension data. `tree` belongs to `message`.
void append_body_structure(std::string& out, std::string_view message, const mime::PartTree& tree, bool extended);

}  // namespace mailtree::imap
