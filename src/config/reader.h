// SPDX-License-Identifier: Apache-2.0
// mailtree.toml -> Settings. All mistakes of a file are reported together, with line and the nearest right name.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "config/settings.h"

namespace mailtree::config {

// On error, detail holds one line per mistake: "FILE:LINE: what is wrong; what to do".
Result<Settings> read_file(const std::string& path);
Result<Settings> read_text(std::string_view text, const std::string& path);

// The whole of mailtree.toml with every setting commented out at its default, from the declaration.
std::string sample();

// mailtree.toml(5) in mdoc(7), from the declaration.
std::string manual();

// What is in force, in the form of the file.
std::string dump(const Settings& settings);

// The declared name closest to `name`, or empty when none is near.
std::string nearest_setting(std::string_view name);

}  // namespace mailtree::config
