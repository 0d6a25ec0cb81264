// SPDX-License-Identifier: Apache-2.0
#include "programs/ldif_command.h"

#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "migration/import.h"
#include "migration/ldap_target.h"
#include "migration/ldif_target.h"
#include "programs/startup.h"

namespace mailtree::programs {
namespace {

int usage(const std::string& text) {
  std::cerr << "mailtree ldif import: " << text << '\n';
  return exit_usage;
}

int failed(const Error& error) {
  std::cerr << "mailtree ldif import: " << error.detail << '\n';
  return 1;
}

// What is typed does not show, and the terminal is as before even if the input ends.
std::optional<std::string> ask_password(const std::string& whose) {
  if (isatty(STDIN_FILENO) == 0) return std::nullopt;
  termios before{};
  tcgetattr(STDIN_FILENO, &before);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);  // before the prompt: what answers it must not be flushed
  std::cerr << "Password of " << whose << ": " << std::flush;
  std::string password;
  std::getline(std::cin, password);
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
  std::cerr << '\n';
  return password;
}

Result<std::string> password_for(const LdifImportOptions& options) {
  if (options.bind_dn.empty()) return std::string();
  if (options.password_file.empty()) {
    auto typed = ask_password(options.bind_dn);
    if (!typed)
      return Error::permanent(Condition::bad_credentials, "", "no terminal to ask for the password: --password-file");
    return std::move(*typed);
  }
  std::ifstream file(options.password_file);
  std::string line;
  if (!std::getline(file, line) && line.empty())
    return Error::permanent(Condition::bad_credentials, "", "cannot read the password file " + options.password_file);
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

bool read_pairs(const std::vector<std::string>& pairs, std::map<std::string, std::string>& out) {
  for (const std::string& pair : pairs) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) return false;
    out[ascii::to_lower(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  return true;
}

// The options that have a form of their own; the text is what is wrong with them.
std::optional<std::string> read_options(const LdifImportOptions& options, migration::ImportOptions& out) {
  out.files = options.files;
  if (options.from_suffix.empty() != options.to_suffix.empty()) return "--from-suffix and --to-suffix belong together";
  if (!options.from_suffix.empty()) {
    out.moves.from = migration::Dn::parse(options.from_suffix);
    out.moves.to = migration::Dn::parse(options.to_suffix);
    if (!out.moves.from || !out.moves.to || out.moves.from->depth() == 0)
      return "a suffix has to be a distinguished name";
  }
  if (!read_pairs(options.hosts, out.moves.hosts)) return "--map-host wants OLD=NEW";
  if (!read_pairs(options.partitions, out.moves.partitions)) return "--map-partition wants OLD=NEW";
  for (const std::string& pair : options.domains) {
    const std::size_t equals = pair.find('=');
    auto place = equals == std::string::npos ? std::nullopt : migration::Dn::parse(pair.substr(equals + 1));
    if (!place || place->depth() == 0 || equals == 0) return "--domain wants NAME=DN";
    out.domains.push_back({pair.substr(0, equals), std::move(*place)});
  }
  for (const std::string& name : options.dropped) out.dropped.insert(ascii::to_lower(name));
  if (options.out.empty() && options.uri.empty() && !options.dry_run)
    return "--out, --uri or --dry-run has to say where to";
  if (!options.out.empty() && !options.uri.empty()) return "--out and --uri exclude each other";
  if (options.uri.empty() && (options.replace || options.start_tls || !options.bind_dn.empty()))
    return "--replace, --bind-dn and --start-tls go with --uri";
  return std::nullopt;
}

int run(const LdifImportOptions& options, const migration::ImportOptions& import) {
  migration::Report report(std::cout, options.json);
  if (options.dry_run) report.set_dry_run();
  std::optional<migration::SchemaTable> schema;
  std::unique_ptr<migration::Target> target;
  if (!options.uri.empty()) {
    auto password = password_for(options);
    if (!password) return failed(password.error());
    migration::LdapOptions ldap{options.uri,     options.bind_dn, std::move(*password), options.start_tls,
                                options.ca_file, options.replace, options.dry_run};
    auto opened = migration::LdapTarget::open(std::move(ldap));
    if (!opened) return failed(opened.error());
    auto known = (*opened)->read_schema();
    if (!known) return failed(known.error());
    schema.emplace(std::move(*known));
    (*opened)->use_schema(*schema);
    target = std::move(*opened);
  } else {
    schema.emplace(migration::SchemaTable::published());
    target = std::make_unique<migration::NoTarget>();
    if (!options.dry_run) {
      auto opened = migration::LdifTarget::open(options.out);
      if (!opened) return failed(opened.error());
      target = std::move(*opened);
    }
  }
  const auto done = migration::import_ldif(import, *schema, *target, report);
  report.finish();
  if (!done) return failed(done.error());
  return report.is_complete() ? 0 : 1;
}

}  // namespace

void add_ldif_import_options(CLI::App& command, LdifImportOptions& options) {
  command.add_option("files", options.files, "LDIF files of the old server, all at once")->required();
  command.add_flag("--dry-run", options.dry_run, "only tell what would happen");
  command.add_flag("--json", options.json, "report as JSON, an object a line");
  command.add_option("--out", options.out, "write an LDIF file for ldapadd");
  command.add_option("--uri", options.uri, "load into this directory: ldap:, ldaps: or ldapi:");
  command.add_option("--bind-dn", options.bind_dn, "who loads; without it anonymous, by ldapi: EXTERNAL");
  command.add_option("--password-file", options.password_file, "its first line is the password; else you are asked");
  command.add_flag("--start-tls", options.start_tls, "encrypt an ldap: connection");
  command.add_option("--ca-file", options.ca_file, "authorities to trust; else the system's");
  command.add_flag("--replace", options.replace, "give entries that differ the values of the files");
  command.add_option("--from-suffix", options.from_suffix, "names at or below this DN move ...");
  command.add_option("--to-suffix", options.to_suffix, "... below this one");
  command.add_option("--map-host", options.hosts, "OLD=NEW: rename a mail host")->allow_extra_args(false);
  command.add_option("--map-partition", options.partitions, "OLD=NEW: rename a partition of the mail store")
      ->allow_extra_args(false);
  command.add_option("--drop", options.dropped, "attribute or class that nobody will miss")->allow_extra_args(false);
  command.add_option("--domain", options.domains, "NAME=DN: users beneath DN belong to the domain NAME")
      ->allow_extra_args(false);
}

int import_ldif_files(const LdifImportOptions& options) {
  migration::ImportOptions import;
  if (const auto wrong = read_options(options, import)) return usage(*wrong);
  return run(options, import);
}

}  // namespace mailtree::programs
