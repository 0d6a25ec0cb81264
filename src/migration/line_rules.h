// SPDX-License-Identifier: Apache-2.0
// The first look at an entry, line by line: what no directory but the old one knows goes, values are made to fit.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "migration/entry.h"
#include "migration/schema_table.h"
#include "migration/telling.h"
#include "migration/value_rules.h"

namespace mailtree::migration {

using Names = std::set<std::string>;  // of attributes and classes, lower case

// Why nothing of the entry is for a directory of mail: roles, classes of service, tombstones, other suffixes.
std::optional<std::string> reason_to_skip(const Entry& entry);

// Operational and unknown attributes, options, empty values, and nsAccountLock, which becomes a status.
// `dropped`: names that the operator does not miss.
void drop_foreign_lines(Entry& entry, const SchemaTable& schema, const Names& dropped, Telling& told);
// Values: syntax, passwords, moves. Needs the names of all attributes to be known.
void fit_values(Entry& entry, const SchemaTable& schema, const Moves& moves, Telling& told);
// Doubled values, and more than one where one is allowed. The last step of all.
void drop_surplus_values(Entry& entry, const SchemaTable& schema, Telling& told);

}  // namespace mailtree::migration
