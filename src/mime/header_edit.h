// SPDX-License-Identifier: Apache-2.0
// What SMTP submission has to know and change in a header block (RFC 6409 8): missing fields, Bcc, loops.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mime/header.h"

namespace mailtree::mime {

struct HeaderFacts {
  bool has_date = false;
  bool has_message_id = false;
  bool has_from = false;
  std::size_t received = 0;               // Received fields: loop detection (RFC 5321 6.3)
  std::vector<Range> bcc;                 // Bcc and Resent-Bcc fields, to be left out
  std::vector<Range> return_path;         // Return-Path fields, to be left out before ours is added
  std::vector<std::string> delivered_to;  // values, unfolded: loop detection per address
  bool has_blank_line = false;            // the block is complete
};

// Reads the whole block, not the view: all Bcc must be found. Linear.
HeaderFacts inspect_header(std::string_view block);

// `text` without the given ascending, disjoint ranges.
std::string without(std::string_view text, const std::vector<Range>& ranges);

}  // namespace mailtree::mime
