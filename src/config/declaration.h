// SPDX-License-Identifier: Apache-2.0
// One line per setting: key, place in Settings, unit, help. The reader, the sample file, `mailtree config` and
// mailtree.toml(5) are all made from this table.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.h"

namespace mailtree::config {

// Where a value goes; the alternative is the setting's type.
using Target = std::variant<std::string*, std::uint64_t*, bool*, std::vector<std::string>*, std::vector<Endpoint>*,
                            std::vector<Network>*, std::map<std::string, Endpoint>*>;

enum class Unit : unsigned char { none, bytes, seconds, count, path, address, domain };

struct Setting {
  std::string_view key;  // "area.name"; without a dot at the top of the file
  Target (*target)(Settings&);
  Unit unit;
  std::string_view help;   // one sentence
  std::string_view example;  // for the sample file; empty = the default
};

// Settings of one [partitions.NAME]; keys without the prefix.
struct PartitionSetting {
  std::string_view key;
  std::string* (*target)(Partition&);
  std::string_view help;
  std::string_view example;
};

std::span<const Setting> declared_settings();
std::span<const PartitionSetting> declared_partition_settings();

std::string_view type_name(const Target& target);  // "text", "number", "true or false", "list of addresses", …
std::string value_text(const Target& target);      // in TOML form
std::string_view unit_name(Unit unit);

}  // namespace mailtree::config
