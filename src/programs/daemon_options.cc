// SPDX-License-Identifier: Apache-2.0
// A file of its own: CLI11 is costly to compile.
#include "programs/daemon_options.h"

#include <CLI/CLI.hpp>

#include "programs/startup.h"

namespace mailtree::programs {

std::optional<DaemonOptions> parse_daemon_options(int argc, char** argv, std::string_view name, OptionSet set,
                                                  int& status) {
  DaemonOptions options;
  CLI::App app(std::string(name) + ", part of mailtree; see mailtreed(8)");
  app.add_option("--config", options.config_file, "configuration file")->capture_default_str();
  if (set == OptionSet::master) {
    app.add_option("--endpoints", options.endpoints_file, "JSON file whose \"pids\" are kept current");
  } else {
    app.add_option("--instance", options.instance, "partition or number of this process");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {  // the library's only way to say so
    status = app.exit(failure) == 0 ? 0 : exit_usage;
    return std::nullopt;
  }
  return options;
}

}  // namespace mailtree::programs
