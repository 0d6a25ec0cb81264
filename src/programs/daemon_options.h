// SPDX-License-Identifier: Apache-2.0
// The command line of mailtreed and of the daemons.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mailtree::programs {

struct DaemonOptions {
  std::string config_file = "/etc/mailtree/mailtree.toml";
  std::string instance;        // daemons: partition or number of this process
  std::string endpoints_file;  // mailtreed: JSON file whose "pids" are kept current
};

enum class OptionSet : unsigned char { master, daemon };

// Nothing when the program shall end now with `status`: help was printed, or the use was wrong and said so.
std::optional<DaemonOptions> parse_daemon_options(int argc, char** argv, std::string_view name, OptionSet set,
                                                  int& status);

}  // namespace mailtree::programs
