// SPDX-License-Identifier: Apache-2.0
// Lines of `key = value`, the last of which says that nothing is missing.
#include "store/daemon/opening.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/ascii.h"
#include "base/unique_fd.h"
#include "loop/disk.h"

namespace mailtree::store {
namespace {

constexpr std::uint64_t max_octets = 1U << 16;

std::string path_of(const std::string& directory, const std::string& partition_id) {
  return directory + "/" + partition_id + ".opened";
}

template <typename T>
T number_in(std::string_view text, std::string_view key) {
  return ascii::number<T>(setting_in(text, key)).value_or(0);
}

}  // namespace

std::string setting_in(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || ascii::trim(line.substr(0, equals)) != key) continue;
    std::string_view value = ascii::trim(line.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

std::string opening_text(const Opening& opening) {
  std::string text;
  const auto number = [&text](const char* key, std::uint64_t value) {
    text += std::string(key) + " = " + std::to_string(value) + "\n";
  };
  const auto word = [&text](const char* key, const std::string& value) {
    text += std::string(key) + " = \"" + value + "\"\n";
  };
  number("generation", opening.generation);
  word("instance", opening.instance);
  word("host", opening.host);
  word("node", opening.node);
  word("boot", opening.boot_id);
  number("lock", opening.lock_inode);
  number("pid", static_cast<std::uint64_t>(::getpid()));  // for people
  number("next_uidvalidity", opening.next_uidvalidity);
  number("released", opening.released ? 1 : 0);
  number("fenced", opening.fenced);
  number("restored", opening.restored);
  number("restored_to", opening.restored_to);
  return text + "whole = 1\n";
}

std::optional<Opening> parse_opening(std::string_view text) {
  Opening opening;
  opening.generation = number_in<std::uint64_t>(text, "generation");
  opening.instance = setting_in(text, "instance");
  if (!opening.instance.empty() && setting_in(text, "whole") != "1") return std::nullopt;
  opening.host = setting_in(text, "host");
  opening.node = setting_in(text, "node");
  opening.boot_id = setting_in(text, "boot");
  opening.lock_inode = number_in<std::uint64_t>(text, "lock");
  opening.next_uidvalidity = number_in<std::uint32_t>(text, "next_uidvalidity");
  opening.released = setting_in(text, "released") == "1";
  opening.fenced = number_in<std::uint64_t>(text, "fenced");
  opening.restored = number_in<std::uint64_t>(text, "restored");
  opening.restored_to = number_in<std::uint64_t>(text, "restored_to");
  return opening;
}

std::optional<Opening> read_opening(const std::string& directory, const std::string& partition_id) {
  const UniqueFd file(::open(path_of(directory, partition_id).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return std::nullopt;
  loop::RealDisk disk;
  const auto text = loop::read_whole(disk, file.get(), max_octets);
  auto opening = text ? parse_opening(*text) : std::nullopt;
  if (opening && opening->instance.empty()) opening.reset();  // cut off
  return opening;
}

Result<void> write_opening(const std::string& directory, const std::string& partition_id, const Opening& opening) {
  const std::string path = path_of(directory, partition_id);
  const std::string fresh = path + ".new";
  const auto failed = [](const char* what, const std::string& name) {
    return Error::temporary(Condition::storage, std::string(what) + " " + name + ": " + std::strerror(errno));
  };
  const UniqueFd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failed("open", fresh);
  loop::RealDisk disk;
  auto written = disk.write_at(file.get(), opening_text(opening), 0);
  if (!written) return written;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed("rename", fresh);
  return {};
}

std::string boot_id_of_machine() {
  loop::RealDisk disk;
  const UniqueFd file(::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC));
  char text[64] = "";
  const auto count = file ? disk.read_at(file.get(), text, sizeof text, 0) : Result<std::size_t>(std::size_t{0});
  const std::string_view line(text, count ? *count : 0);
  return std::string(line.substr(0, line.find('\n')));
}

std::string name_of_machine() {
  utsname name{};
  return ::uname(&name) == 0 ? std::string(name.nodename) : std::string();
}

}  // namespace mailtree::store
