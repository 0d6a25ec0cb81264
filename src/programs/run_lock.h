// SPDX-License-Identifier: Apache-2.0
// One mailtreed per run directory, and no daemons of a dead one.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace mailtree::programs {

// Takes <run directory>/lock and writes our process id into it. The lock ends with the process, however it ends.
Result<UniqueFd> take_run_lock(const std::string& run_directory);

// The process that holds the lock now; a stale file of a dead process is nobody.
std::optional<pid_t> lock_holder(const std::string& run_directory);

// Waits for the daemons that an earlier mailtreed left (they end when their parent dies), at last kills them.
void end_orphans(const std::string& run_directory);

}  // namespace mailtree::programs
