// SPDX-License-Identifier: Apache-2.0
// `mailtree store stat|check|rebuild [WHOM [FOLDER]]`: asks the running stored of each partition while mail goes on.
#pragma once

#include <string>

#include "config/settings.h"
#include "store/inspection.h"

namespace mailtree::programs {

struct StoreQuestion {
  store::Depth depth = store::Depth::stat;
  std::string whom;       // "" = everybody, "domain" or "uid@domain" as the directories of the partition have them
  std::string folder;     // of one account; "" = all
  std::string partition;  // "" = all of the configuration
};

// Prints what it finds on standard output and how far it is on standard error. Exit status of mailtree(1): 0 all is
// well, 1 something was found, nobody of that name is there, or a stored does not answer. Blocking.
int inspect_store(const config::Settings& settings, const StoreQuestion& question);

}  // namespace mailtree::programs
