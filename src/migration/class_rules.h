// SPDX-License-Identifier: Apache-2.0
// Classes as OpenLDAP wants them (RFC 4512 section 2.4.2): exactly one chain of structural classes, what they demand is
// there, and every attribute is allowed by one. Directory Server looked at none of this unless told to.
#pragma once

#include <optional>
#include <string>

#include "migration/entry.h"
#include "migration/line_rules.h"
#include "migration/schema_table.h"
#include "migration/telling.h"

namespace mailtree::migration {

// Puts the classes in order and fills in what can be known. All attributes of the entry are in the schema. Returns why
// the entry cannot be loaded at all. `dropped`: names that the operator does not miss. `holds_others`: entries lie
// beneath it, which need it as their place.
std::optional<std::string> fit_classes(Entry& entry, const SchemaTable& schema, const Names& dropped, bool holds_others,
                                       Telling& told);

}  // namespace mailtree::migration
