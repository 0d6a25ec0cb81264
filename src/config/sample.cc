// SPDX-License-Identifier: Apache-2.0
// Prints the sample file and the settings in force from the declaration.
#include "config/declaration.h"
#include "config/reader.h"

namespace mailtree::config {
namespace {

std::string_view area_of(std::string_view key) {
  const std::size_t dot = key.find('.');
  return dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
}

std::string example_text(const Setting& setting, Settings& defaults) {
  const Target target = setting.target(defaults);
  if (setting.example.empty()) return value_text(target);
  if (std::holds_alternative<std::string*>(target)) return '"' + std::string(setting.example) + '"';
  return std::string(setting.example);
}

void append_partitions(std::string& text) {
  text += "\n[partitions.default]\n";
  for (const PartitionSetting& setting : declared_partition_settings()) {
    text += "# " + std::string(setting.help) + "\n";
    text += std::string(setting.key) + " = \"" + std::string(setting.example) + "\"\n";
  }
}

}  // namespace

std::string sample() {
  Settings defaults;
  std::string text = "# mailtree.toml: settings of mailtree. A line with # in front shows the default or an example.\n";
  std::string_view area;
  for (const Setting& setting : declared_settings()) {
    if (area_of(setting.key) != area) {
      if (area.empty()) append_partitions(text);
      area = area_of(setting.key);
      text += "\n[" + std::string(area) + "]\n";
    }
    text += "# " + std::string(setting.help);
    if (setting.unit == Unit::bytes || setting.unit == Unit::seconds)
      text += " (" + std::string(unit_name(setting.unit)) + ")";
    const std::string_view name = area.empty() ? setting.key : setting.key.substr(area.size() + 1);
    text += "\n# " + std::string(name) + " = " + example_text(setting, defaults) + "\n";
  }
  return text;
}

std::string dump(const Settings& settings) {
  Settings copy = settings;
  std::string text;
  std::string_view area;
  for (const Setting& setting : declared_settings()) {
    if (area_of(setting.key) != area) {
      area = area_of(setting.key);
      text += "\n[" + std::string(area) + "]\n";
    }
    const std::string_view name = area.empty() ? setting.key : setting.key.substr(area.size() + 1);
    text += std::string(name) + " = " + value_text(setting.target(copy)) + "\n";
  }
  for (Partition& partition : copy.partitions) {
    text += "\n[partitions." + partition.name + "]\n";
    for (const PartitionSetting& setting : declared_partition_settings()) {
      text += std::string(setting.key) + " = " + value_text(setting.target(partition)) + "\n";
    }
  }
  return text;
}

}  // namespace mailtree::config
