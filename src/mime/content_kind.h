// SPDX-License-Identifier: Apache-2.0
// The few facts of a part's header the scanner needs: is it a multipart (then its boundary), a message, or neither?
#pragma once

#include <string>
#include <string_view>

#include "mime/part_tree.h"

namespace mailtree::mime {

struct ContentKind {
  PartKind kind = PartKind::leaf;
  std::string boundary;  // multipart only; 1 to max_boundary_bytes octets
  bool is_digest = false;
};

ContentKind content_kind(std::string_view header, bool in_digest);

}  // namespace mailtree::mime
