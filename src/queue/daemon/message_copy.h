// SPDX-License-Identifier: Apache-2.0
// The message as one recipient gets it: the queue's own file, or a copy with another Return-Path and header for members
// of a list (variants). Blocking: for WorkerPool jobs.
#pragma once

#include <cstdint>
#include <string>

#include "queue/spool.h"

namespace mailtree::queue {

struct MessageCopy {
  UniqueFd file;
  std::uint64_t size = 0;
  std::uint64_t skip = 0;  // octets of the Return-Path line at its front, which stays here when the message leaves
};

// `variant` null: the message as it is.
Result<MessageCopy> message_for(loop::Disk& disk, Spool& spool, UniqueFd message, std::uint64_t size,
                                const Variant* variant);

// The head of a message, its empty line included, changed as the variant asks. Exported for tests.
std::string edit_head(const std::string& head, const Variant& variant);

// What a notice returns: everything behind the Return-Path line, or its header only.
Result<std::string> read_original(loop::Disk& disk, int message, std::uint64_t size, bool whole);

// Length of the Return-Path line at the front; 0 without one.
std::size_t return_path_length(std::string_view head);

}  // namespace mailtree::queue
