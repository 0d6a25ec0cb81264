// SPDX-License-Identifier: Apache-2.0
// mailtree explain: asks the running ldapauthd why an address or a login name is treated as it is.
#pragma once

#include <string>

#include "config/settings.h"

namespace mailtree::programs {

struct ExplainQuestion {
  std::string name;       // an address or a login name
  bool recipient = true;  // ask about mail to it
  bool login = true;      // and about signing in with it
  std::string sender;     // envelope sender of that mail; empty = null
  bool json = false;
};

// Prints the answer. Exit status: 0 mail is taken and the user may sign in (as far as was asked), 1 not, or not now.
int explain(const config::Settings& settings, const ExplainQuestion& question);

}  // namespace mailtree::programs
