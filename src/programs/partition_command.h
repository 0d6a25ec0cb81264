// SPDX-License-Identifier: Apache-2.0
// `mailtree partition create NAME`: makes the empty partition that stored refuses to make by itself, since a missing
// one is more likely a disk that is not mounted.
#pragma once

#include <string>

#include "base/result.h"
#include "config/settings.h"

namespace mailtree::programs {

// As root the partition belongs to users.store afterwards, and this process is that user.
Result<void> create_partition(const config::Settings& settings, const std::string& name);

}  // namespace mailtree::programs
