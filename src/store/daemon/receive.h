// SPDX-License-Identifier: Apache-2.0
// What must hold of the files that came with a request before an account may see them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"

namespace mailtree::store {

using ReceivedFiles = std::vector<std::shared_ptr<UniqueFd>>;

// Whether each descriptor is a regular file of exactly sizes[i] octets (else Condition::syntax, temporary); then its
// data becomes durable. As many sizes as files. Synchronous, for pool threads.
Result<void> receive_files(loop::Disk& disk, const ReceivedFiles& files, const std::vector<std::uint64_t>& sizes);

}  // namespace mailtree::store
