// SPDX-License-Identifier: Apache-2.0
// Definitions of RFC 4512 section 4.1, one a line: what a directory loaded as schema/README.md says knows.
#pragma once

#include <string_view>

namespace mailtree::migration {

// Written by schema/to-table, which a test runs again to compare.
extern const std::string_view published_attributes;
extern const std::string_view published_classes;

}  // namespace mailtree::migration
