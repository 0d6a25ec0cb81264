// SPDX-License-Identifier: Apache-2.0
// What must hold of the files that came with a request before an account may see them.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"
#include "store/types.h"

namespace mailtree::store {

// An open file that holds a message, and what its header tells: read once, for however many recipients.
struct ReceivedFile {
  ReceivedFile(std::shared_ptr<UniqueFd> open_file) : file(std::move(open_file)) {}
  std::shared_ptr<UniqueFd> file;
  ThreadId thread = unknown_thread;  // that it names; unknown_thread: it names none
};
using ReceivedFiles = std::vector<ReceivedFile>;

// Whether each descriptor is a regular file of exactly sizes[i] octets (else Condition::syntax, temporary); then its
// data becomes durable, and its header is read: the files with their threads. As many sizes as files. Synchronous, for
// pool threads.
Result<ReceivedFiles> receive_files(loop::Disk& disk, ReceivedFiles files, const std::vector<std::uint64_t>& sizes);

}  // namespace mailtree::store
