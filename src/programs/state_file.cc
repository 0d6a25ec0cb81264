// SPDX-License-Identifier: Apache-2.0
// Reads and replaces small JSON files.
#include "programs/state_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace mailtree::programs {
namespace {

using nlohmann::json;

json read_json(const std::string& path) {
  std::ifstream file(path);
  json content = json::parse(file, nullptr, false);
  return content.is_object() ? content : json::object();
}

// Not synced: the file speaks of running processes, and a power cut ends those.
Result<void> write_json(const std::string& path, const json& content, mode_t mode) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::trunc);
  file << content.dump(2) << '\n';
  file.close();
  chmod(temporary.c_str(), mode);
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::error_code why(errno, std::generic_category());
    return Error::temporary(Condition::storage, "cannot write " + path + ": " + why.message());
  }
  return {};
}

}  // namespace

Result<void> write_state(const std::string& path, const Pids& pids) {
  constexpr mode_t for_all = 0644;
  json content;
  content["version"] = 1;
  content["pids"] = pids;
  return write_json(path, content, for_all);
}

Pids read_state(const std::string& path) {
  Pids pids;
  const json content = read_json(path);
  const auto found = content.find("pids");
  if (found == content.end() || !found->is_object()) return pids;
  for (const auto& [name, list] : found->items()) {
    if (!list.is_array()) continue;
    for (const json& pid : list) {
      if (pid.is_number_integer()) pids[name].push_back(pid.get<pid_t>());
    }
  }
  return pids;
}

Result<void> update_endpoints(const std::string& path, const Pids& pids) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return {};  // nobody wants one
  json content = read_json(path);
  for (const auto& [name, list] : pids) content["pids"][name] = list;
  return write_json(path, content, status.st_mode & 0777);
}

}  // namespace mailtree::programs
