// SPDX-License-Identifier: Apache-2.0
// mailtree: the operator's command line.
#include <CLI/CLI.hpp>
#include <iostream>

#include "programs/control.h"
#include "programs/ldif_command.h"
#include "programs/startup.h"

namespace mailtree::programs {
namespace {

int cli_main(int argc, char** argv) {
  CliOptions options;
  CLI::App app("mailtree: controls the mail server; see mailtree(1)");
  app.require_subcommand(1);
  app.add_option("--config", options.config_file, "configuration file")->capture_default_str();
  std::string verb;
  const auto add = [&](CLI::App& parent, const char* name, const char* help) {
    CLI::App* const command = parent.add_subcommand(name, help);
    command->callback([&verb, name] { verb = name; });
    command->fallthrough();
    return command;
  };
  for (CLI::App* const command : {add(app, "start", "start the server and wait until it serves"),
                                  add(app, "restart", "stop and start it")}) {
    command->add_option("--log", options.log_file, "file for the log; without it the log goes to this terminal");
    command->add_option("--endpoints", options.endpoints_file, "JSON file whose \"pids\" are kept current");
  }
  add(app, "stop", "stop the server in order");
  add(app, "status", "list the daemons; exit status 0 all serve, 1 not all, 3 not running");
  add(app, "reload", "read certificates again");
  CLI::App* const settings = app.add_subcommand("config", "the configuration");
  settings->require_subcommand(1);
  settings->fallthrough();
  add(*settings, "check", "look for mistakes in the file");
  add(*settings, "dump", "print all settings in force");
  add(*settings, "sample", "print a file with every setting, its default and meaning");
  add(*settings, "manual", "print mailtree.toml(5)");
  CLI::App* const partition = app.add_subcommand("partition", "places where mail is stored");
  partition->require_subcommand(1);
  partition->fallthrough();
  add(*partition, "create", "make the empty partition NAME of the configuration")
      ->add_option("name", options.partition, "its name in the configuration")
      ->required();
  CLI::App* const store = app.add_subcommand("store", "the mail of the running server");
  store->require_subcommand(1);
  store->fallthrough();
  const auto add_store = [&](const char* name, const char* help) {
    CLI::App* const command = store->add_subcommand(name, help);
    command->callback([&verb, name] { verb = std::string("store ") + name; });
    command->fallthrough();
    command->add_option("whom", options.whom, "domain or uid@domain; without it everybody");
    command->add_option("folder", options.folder, "one folder of that account; without it all");
    command->add_option("--partition", options.partition, "only this partition of the configuration");
  };
  add_store("stat", "how much lies there");
  add_store("check", "compare log, files and index; exit status 1 if they differ");
  add_store("rebuild", "take in what is foreign, set aside what is damaged, make the index anew");
  CLI::App* const why = add(app, "explain", "tell why mail for an address goes where it goes, and who may sign in");
  why->add_option("whom", options.whom, "an address, or a login name")->required();
  why->add_flag("--rcpt", options.only_recipient, "only about mail for it");
  why->add_flag("--login", options.only_login, "only about signing in with it; also if it has no @");
  why->add_option("--from", options.sender, "the envelope sender of that mail; groups may look at it");
  why->add_flag("--json", options.json, "one JSON object a line");
  LdifImportOptions import;
  CLI::App* const ldif = app.add_subcommand("ldif", "exports of other servers; see mailtree-ldif(1)");
  ldif->require_subcommand(1);
  add_ldif_import_options(*add(*ldif, "import", "load an export of an iPlanet or Sun Messaging Server"), import);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    const auto unknown = app.remaining(true);
    if (failure.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && !unknown.empty()) {
      std::cerr << "no such command: " << unknown.front() << "\nRun with --help for more information.\n";
      return exit_usage;
    }
    return app.exit(failure) == 0 ? 0 : exit_usage;
  }
  if (verb == "import") return import_ldif_files(import);
  return run_verb(verb, options);
}

}  // namespace
}  // namespace mailtree::programs

int main(int argc, char** argv) { return mailtree::programs::cli_main(argc, argv); }
