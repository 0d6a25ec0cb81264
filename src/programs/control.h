// SPDX-License-Identifier: Apache-2.0
// What the verbs of mailtree(1) do.
#pragma once

#include <string>

namespace mailtree::programs {

struct CliOptions {
  std::string config_file = "/etc/mailtree/mailtree.toml";
  std::string log_file;        // start: empty = stay with this terminal
  std::string endpoints_file;  // start: passed to mailtreed
  std::string partition;       // partition create; store: "" = all
  std::string whom, folder;    // store: "" = everybody, all folders; explain: the address or login name
  bool only_recipient = false, only_login = false;  // explain: neither = both
  std::string sender;                               // explain: envelope sender
  bool json = false;                                // explain
};

// Carries out `verb` and says on standard output what happened; returns the exit status of mailtree(1).
int run_verb(const std::string& verb, const CliOptions& options);

}  // namespace mailtree::programs
