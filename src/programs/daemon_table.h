// SPDX-License-Identifier: Apache-2.0
// One line per daemon: how many, as whom, which sockets are opened for it, and what it may touch. mailtreed starts
// from this table, and each daemon takes its own rights from the same line.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"
#include "loop/sandbox.h"

namespace mailtree::programs {

enum class Count : unsigned char { one, workers, per_partition };

struct DaemonLine {
  std::string_view name;  // program mailtree-<name>
  Count count;
  unsigned stop_wave;     // 0 ends first: sessions before what they ask
  std::string config::Users::*user;
  std::vector<std::string_view> tcp;  // areas of [listeners] whose ports it serves
  // Unix socket in the run directory; empty = none. per_partition: "-<partition>" is added.
  std::string_view socket;
  // Directories it owns: made with mode 0700 when missing, as its user.
  std::vector<std::string> (*directories)(const config::Settings&, const std::string& instance);
  loop::SandboxRules (*rules)(const config::Settings&, const std::string& instance);
};

constexpr unsigned stop_waves = 3;

// Where stored notes outside of its partition that it has opened it; emptied by a boot with the run directory.
std::string openings_directory(const config::Settings& settings);

std::span<const DaemonLine> daemon_table();
const DaemonLine* find_daemon(std::string_view name);

const std::vector<config::Endpoint>& endpoints_of(const config::Settings& settings, std::string_view listener);
std::string socket_name(const DaemonLine& daemon, const std::string& instance);
std::vector<std::string> instances_of(const DaemonLine& daemon, const config::Settings& settings);

// Uids of all daemons, for those who check who is at the other end of a Unix socket. Empty when all run as one user.
Result<std::vector<unsigned>> daemon_uids(const config::Settings& settings);

}  // namespace mailtree::programs
