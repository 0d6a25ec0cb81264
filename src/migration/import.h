// SPDX-License-Identifier: Apache-2.0
// `mailtree ldif import`: an export of an iPlanet, Sun or Oracle Messaging Server on its way into a directory.
//
// Two passes over the files. The first remembers of each entry its name and place, and all of the domains; the second
// reads one entry after the other, parents first, makes it fit and hands it to the target. Memory: some hundred octets
// an entry and the largest entry.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "migration/domain_plan.h"
#include "migration/report.h"
#include "migration/schema_table.h"
#include "migration/target.h"
#include "migration/value_rules.h"

namespace mailtree::migration {

struct ImportOptions {
  std::vector<std::string> files;
  Moves moves;
  std::vector<NamedDomain> domains;
  Names dropped;  // attributes and classes that may go without being counted as left out
};

// Blocking. An error is what ended it early: a file that cannot be read, a target that takes no more. What is wrong
// with single entries is in `report`.
Result<void> import_ldif(const ImportOptions& options, const SchemaTable& schema, Target& target, Report& report);

}  // namespace mailtree::migration
