// SPDX-License-Identifier: Apache-2.0
// Messages of other projects as installed by Debian packages (libpython3.11-testsuite, spamassassin), and of our own
// fuzzing; read where they are. Tests go on with what is there.
#pragma once

#include <string>
#include <vector>

namespace mailtree::mime::testing {

struct Sample {
  std::string name;
  std::string text;
};

// Each file as it is, and with CRLF if it has bare LF.
std::vector<Sample> corpus();

}  // namespace mailtree::mime::testing
