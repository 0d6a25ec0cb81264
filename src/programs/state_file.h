// SPDX-License-Identifier: Apache-2.0
// What runs, for scripts: <run directory>/state.json, and the "pids" of an endpoints file. Replaced whole by rename.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace mailtree::programs {

using Pids = std::map<std::string, std::vector<pid_t>>;  // daemon -> its processes

Result<void> write_state(const std::string& path, const Pids& pids);
// Every process that a state file names; empty when there is none or it cannot be read.
Pids read_state(const std::string& path);

// Sets the members of "pids" that are named in `pids` and leaves everything else as it is.
Result<void> update_endpoints(const std::string& path, const Pids& pids);

}  // namespace mailtree::programs
