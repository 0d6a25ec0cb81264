// SPDX-License-Identifier: Apache-2.0
// Values as OpenLDAP takes them (RFC 4517). Directory Server looked less closely.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "migration/dn.h"
#include "migration/schema_table.h"

namespace mailtree::migration {

struct Moves {
  std::optional<Dn> from, to;                     // both or none: names at or below `from` go below `to`
  std::map<std::string, std::string> hosts;       // lower case, old to new
  std::map<std::string, std::string> partitions;  // of the mail store, as hosts
};

struct Repair {
  enum class Outcome : unsigned char { fine, changed, unusable } outcome = Outcome::fine;
  std::string value;   // if changed
  std::string reason;  // if not fine
};

// What OpenLDAP makes of `value`, and what it takes in its place.
Repair fit(const AttributeKind& kind, const std::string& value);
// The value after the move of names and hosts; fine if nothing in it moves.
Repair move(const AttributeKind& kind, const std::string& value, const Moves& moves);
// Equal for values that the directory takes for the same.
std::string value_key(const AttributeKind& kind, const std::string& value);

}  // namespace mailtree::migration
