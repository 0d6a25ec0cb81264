// SPDX-License-Identifier: Apache-2.0
// What a single value cannot show: settings that need each other, and ranges.
#pragma once

namespace mailtree::config {

class Problems;
struct Settings;

void check(const Settings& settings, Problems& problems);

}  // namespace mailtree::config
