// SPDX-License-Identifier: Apache-2.0
// `mailtree ldif import`: the options of mailtree-ldif(1), and where the export goes. Knows no configuration: an import
// is often made on another machine, before there is one.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace mailtree::programs {

struct LdifImportOptions {
  std::vector<std::string> files;
  bool dry_run = false, json = false, replace = false, start_tls = false;
  std::string out;  // file to write
  std::string uri, bind_dn, password_file, ca_file;
  std::string from_suffix, to_suffix;                   // DNs
  std::vector<std::string> hosts, partitions, domains;  // OLD=NEW, OLD=NEW, NAME=DN
  std::vector<std::string> dropped;                     // names of attributes and classes
};

void add_ldif_import_options(CLI::App& command, LdifImportOptions& options);

// Prints the report on standard output and what ended the import early on standard error. Asks for the password on the
// terminal if there is no file. Exit status: 0 all is loaded, 1 something was left out or differs, 64 wrong use.
int import_ldif_files(const LdifImportOptions& options);

}  // namespace mailtree::programs
