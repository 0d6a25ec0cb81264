// SPDX-License-Identifier: Apache-2.0
// Reads the TOML file (toml++) key by key against the declaration; a key without a declaration is a mistake.
#include "config/reader.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <toml++/toml.h>

#include "base/ascii.h"
#include "config/check.h"
#include "config/declaration.h"
#include "config/problems.h"

namespace mailtree::config {
namespace {

std::size_t line_of(const toml::node& node) {
  return node.source().begin.line;
}

bool read_string_list(const toml::node& node, std::vector<std::string>& into) {
  const toml::array* const list = node.as_array();
  if (list == nullptr) return false;
  into.clear();
  for (const toml::node& item : *list) {
    const auto text = item.value_exact<std::string>();
    if (!text) return false;
    into.push_back(*text);
  }
  return true;
}

template <typename Value, typename Parse>
bool read_parsed_list(const toml::node& node, std::vector<Value>& into, Parse parse) {
  std::vector<std::string> texts;
  if (!read_string_list(node, texts)) return false;
  into.clear();
  for (const std::string& text : texts) {
    const auto value = parse(text);
    if (!value) return false;
    into.push_back(*value);
  }
  return true;
}

bool read_routes(const toml::node& node, std::map<std::string, Endpoint>& into) {
  const toml::table* const table = node.as_table();
  if (table == nullptr) return false;
  into.clear();
  for (const auto& [domain, value] : *table) {
    const auto text = value.value_exact<std::string>();
    const auto endpoint = text ? parse_endpoint(*text) : std::nullopt;
    if (!endpoint || endpoint->port == 0) return false;
    into[ascii::to_lower(domain.str())] = *endpoint;
  }
  return true;
}

// Converts one node into its target; false if the type or form is wrong.
struct Store {
  const toml::node& node;

  bool operator()(std::string* into) const {
    const auto text = node.value_exact<std::string>();
    if (!text) return false;
    // A control octet in a name, path or address is never meant; it could end a line of a protocol.
    if (std::any_of(text->begin(), text->end(), ascii::is_control)) return false;
    *into = *text;
    return true;
  }
  bool operator()(std::uint64_t* into) const {
    const auto number = node.value_exact<std::int64_t>();
    if (!number || *number < 0) return false;
    *into = static_cast<std::uint64_t>(*number);
    return true;
  }
  bool operator()(bool* into) const {
    const auto truth = node.value_exact<bool>();
    if (truth) *into = *truth;
    return truth.has_value();
  }
  bool operator()(std::vector<std::string>* into) const { return read_string_list(node, *into); }
  bool operator()(std::vector<Endpoint>* into) const { return read_parsed_list(node, *into, parse_endpoint); }
  bool operator()(std::vector<Network>* into) const { return read_parsed_list(node, *into, Network::parse); }
  bool operator()(std::map<std::string, Endpoint>* into) const { return read_routes(node, *into); }
};

const Setting* find_setting(std::string_view key) {
  for (const Setting& setting : declared_settings()) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

void report_unknown(const std::string& key, std::size_t line, Problems& problems) {
  const std::string nearest = nearest_setting(key);
  problems.add(line,
               "unknown setting '" + key + "'" +
                   (nearest.empty() ? "; 'mailtree config sample' prints all" : "; did you mean '" + nearest + "'?"));
}

void read_setting(const std::string& key, const toml::node& node, Settings& settings, Problems& problems) {
  const Setting* const setting = find_setting(key);
  if (setting == nullptr) {
    report_unknown(key, line_of(node), problems);
    return;
  }
  const Target target = setting->target(settings);
  if (!std::visit(Store{node}, target)) {
    problems.add(line_of(node), "'" + key + "' needs " + std::string(type_name(target)));
  }
}

void read_partition(const std::string& name, const toml::table& table, Settings& settings, Problems& problems) {
  Partition partition;
  partition.name = name;
  for (const auto& [key, value] : table) {
    const std::string full = "partitions." + name + "." + std::string(key.str());
    const PartitionSetting* found = nullptr;
    for (const PartitionSetting& setting : declared_partition_settings()) {
      if (setting.key == key.str()) found = &setting;
    }
    if (found == nullptr) {
      problems.add(line_of(value), "unknown setting '" + full + "'; a partition has path and index_directory");
    } else if (!Store{value}(found->target(partition))) {
      problems.add(line_of(value), "'" + full + "' needs a text");
    }
  }
  settings.partitions.push_back(std::move(partition));
}

void read_partitions(const toml::table& table, Settings& settings, Problems& problems) {
  std::vector<std::pair<std::size_t, std::string>> order;  // toml++ sorts by name; we keep the order of the file
  for (const auto& [name, value] : table) order.emplace_back(line_of(value), std::string(name.str()));
  std::sort(order.begin(), order.end());
  for (const auto& [line, name] : order) {
    const toml::table* const partition = table[name].as_table();
    if (partition == nullptr) {
      problems.add(line, "'partitions." + name + "' has to be a table [partitions." + name + "]");
    } else {
      read_partition(name, *partition, settings, problems);
    }
  }
}

bool is_area(std::string_view name) {
  const std::string prefix = std::string(name) + ".";
  return std::any_of(declared_settings().begin(), declared_settings().end(),
                     [&](const Setting& setting) { return setting.key.substr(0, prefix.size()) == prefix; });
}

void read_table(const toml::table& file, Settings& settings, Problems& problems) {
  for (const auto& [key, value] : file) {
    const std::string name(key.str());
    const toml::table* const area = value.as_table();
    if (name == "partitions" && area != nullptr) {
      read_partitions(*area, settings, problems);
    } else if (area != nullptr && is_area(name)) {
      for (const auto& [inner, node] : *area)
        read_setting(name + "." + std::string(inner.str()), node, settings, problems);
    } else {
      read_setting(name, value, settings, problems);
    }
  }
}

std::string own_host_name() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return ascii::to_lower(name.data());
}

Error refused(std::string detail) {
  return Error::permanent(Condition::syntax, "Configuration error", std::move(detail));
}

}  // namespace

Result<Settings> read_text(std::string_view text, const std::string& path) {
  Problems problems(path);
  Settings settings;
  try {
    const toml::table file = toml::parse(text, path);
    read_table(file, settings, problems);
  } catch (const toml::parse_error& failure) {  // toml++ has no other way to say so
    problems.add(failure.source().begin.line, std::string(failure.description()));
    return refused(problems.text());
  }
  if (settings.host_name.empty()) settings.host_name = own_host_name();
  check(settings, problems);
  if (!problems.none()) return refused(problems.text());
  return settings;
}

Result<Settings> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const std::error_code why(errno, std::generic_category());
    return refused(path + ": cannot be read: " + why.message() + "; name the file with --config");
  }
  std::ostringstream text;
  text << file.rdbuf();
  return read_text(text.str(), path);
}

const Partition* Settings::partition(const std::string& name) const {
  for (const Partition& candidate : partitions) {
    if (candidate.name == (name.empty() ? "default" : name)) return &candidate;
  }
  return name.empty() && !partitions.empty() ? &partitions.front() : nullptr;
}

}  // namespace mailtree::config
