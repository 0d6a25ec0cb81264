// SPDX-License-Identifier: Apache-2.0
// start, stop and status: the lock says whether mailtreed runs, the admin socket what it does.
#include "programs/control.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include "admin/client.h"
#include "config/reader.h"
#include "programs/explain_command.h"
#include "programs/partition_command.h"
#include "programs/run_lock.h"
#include "programs/startup.h"
#include "programs/store_command.h"

namespace mailtree::programs {
namespace {

constexpr int exit_not_running = 3;  // as in the Linux Standard Base's init scripts
using Clock = std::chrono::steady_clock;

void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
}
void complain(const std::string& text) {
  std::fputs(("mailtree: " + text + "\n").c_str(), stderr);
}

Result<admin::CommandReply> ask_master(const config::Settings& settings, const std::string& verb) {
  constexpr std::chrono::seconds patience{5};
  const admin::Command command(verb, {});
  return admin::ask(settings.socket(admin::socket_name), command, patience);
}

int status(const config::Settings& settings) {
  const auto holder = lock_holder(settings.run_directory);
  if (!holder) {
    say("mailtree is not running (run directory " + settings.run_directory + ")\n");
    return exit_not_running;
  }
  const auto reply = ask_master(settings, "status");
  if (!reply) {
    complain("mailtreed runs as process " + std::to_string(*holder) + " but does not answer: " + reply.error().detail);
    return 1;
  }
  say("mailtreed           running, pid " + std::to_string(*holder) + "\n" + reply->text);
  return reply->status;
}

// In the child: a session of its own, log file instead of the terminal, then mailtreed.
[[noreturn]] void become_master(const CliOptions& options) {
  constexpr mode_t log_mode = 0640;
  setsid();
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, STDIN_FILENO);
  if (!options.log_file.empty()) {
    const int log = open(options.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, log_mode);
    if (log < 0) {
      std::perror(("mailtree: " + options.log_file).c_str());
      _exit(1);
    }
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (log > STDERR_FILENO) close(log);
  }
  const std::string program = program_directory() + "/mailtreed";
  std::vector<const char*> arguments = {program.c_str(), "--config", options.config_file.c_str()};
  if (!options.endpoints_file.empty()) {
    arguments.push_back("--endpoints");
    arguments.push_back(options.endpoints_file.c_str());
  }
  arguments.push_back(nullptr);
  execv(program.c_str(), const_cast<char* const*>(arguments.data()));
  std::perror(("mailtree: cannot start " + program).c_str());
  _exit(1);
}

// Until every daemon serves, or mailtreed has ended, or patience is over.
int wait_until_ready(const config::Settings& settings, const CliOptions& options, pid_t master) {
  constexpr std::chrono::seconds patience{30};
  constexpr std::chrono::milliseconds step{50};
  const auto end = Clock::now() + patience;
  const std::string where = options.log_file.empty() ? "above" : "in " + options.log_file;
  while (Clock::now() < end) {
    int outcome = 0;
    if (waitpid(master, &outcome, WNOHANG) == master) {
      complain("mailtreed ended at once; the reason stands " + where);
      return 1;
    }
    const auto reply = ask_master(settings, "status");
    if (reply && reply->status == 0) {
      say("mailtree is running, pid " + std::to_string(master) + "\n");
      return 0;
    }
    std::this_thread::sleep_for(step);
  }
  complain("not every daemon came up within 30 seconds; see the log " + where);
  status(settings);
  return 1;
}

int start(const config::Settings& settings, const CliOptions& options) {
  if (const auto holder = lock_holder(settings.run_directory)) {
    say("mailtree is already running, pid " + std::to_string(*holder) + "\n");
    return 0;
  }
  std::fflush(stdout);
  const pid_t master = fork();
  if (master < 0) {
    std::perror("mailtree: cannot fork");
    return 1;
  }
  if (master == 0) become_master(options);
  return wait_until_ready(settings, options, master);
}

int stop(const config::Settings& settings) {
  constexpr std::chrono::seconds patience{20};
  constexpr std::chrono::milliseconds step{50};
  const auto holder = lock_holder(settings.run_directory);
  if (!holder) {
    say("mailtree is not running\n");
    return 0;
  }
  const auto reply = ask_master(settings, "stop");
  if (!reply && kill(*holder, SIGTERM) != 0) {
    complain("mailtreed (process " + std::to_string(*holder) + ") takes no command: " + reply.error().detail);
    return 1;
  }
  const auto end = Clock::now() + patience;
  while (lock_holder(settings.run_directory)) {
    if (Clock::now() > end) {
      complain("mailtreed (process " + std::to_string(*holder) + ") did not end within 20 seconds");
      return 1;
    }
    std::this_thread::sleep_for(step);
  }
  say("mailtree is stopped\n");
  return 0;
}

int reload(const config::Settings& settings) {
  const auto reply = ask_master(settings, "reload");
  if (!reply) {
    complain("mailtreed does not answer: " + reply.error().detail);
    return lock_holder(settings.run_directory) ? 1 : exit_not_running;
  }
  say(reply->text);
  return reply->status;
}

int ask_store(const config::Settings& settings, store::Depth depth, const CliOptions& options) {
  if (!lock_holder(settings.run_directory)) {
    complain("the server does not run: only stored may look at its mail (mailtree start)");
    return exit_not_running;
  }
  return inspect_store(settings, {depth, options.whom, options.folder, options.partition});
}

int ask_why(const config::Settings& settings, const CliOptions& options) {
  if (!lock_holder(settings.run_directory)) {
    complain("the server does not run: it is ldapauthd that decides (mailtree start)");
    return exit_not_running;
  }
  ExplainQuestion question;
  question.name = options.whom;
  question.sender = options.sender;
  question.json = options.json;
  const bool is_address = options.whom.find('@') != std::string::npos;
  question.recipient = options.only_recipient || (!options.only_login && is_address);
  question.login = options.only_login || !options.only_recipient;
  return explain(settings, question);
}

int run(const std::string& verb, const config::Settings& settings, const CliOptions& options) {
  if (verb == "start") return start(settings, options);
  if (verb == "stop") return stop(settings);
  if (verb == "reload") return reload(settings);
  if (verb == "status") return status(settings);
  if (verb == "check") {
    say(options.config_file + ": no mistakes\n");
    return 0;
  }
  if (verb == "dump") {
    say(config::dump(settings));
    return 0;
  }
  if (verb == "create") {
    const auto created = create_partition(settings, options.partition);
    if (!created) complain(created.error().detail);
    return created ? 0 : 1;
  }
  if (verb == "explain") return ask_why(settings, options);
  if (verb == "store stat") return ask_store(settings, store::Depth::stat, options);
  if (verb == "store check") return ask_store(settings, store::Depth::check, options);
  if (verb == "store rebuild") return ask_store(settings, store::Depth::rebuild, options);
  const int stopped = stop(settings);  // restart
  return stopped != 0 ? stopped : start(settings, options);
}

}  // namespace

int run_verb(const std::string& verb, const CliOptions& options) {
  if (verb == "sample") {
    say(config::sample());
    return 0;
  }
  if (verb == "manual") {
    say(config::manual());
    return 0;
  }
  const auto settings = config::read_file(options.config_file);
  if (!settings) {
    std::fputs((settings.error().detail + "\n").c_str(), stderr);
    return exit_config;
  }
  return run(verb, *settings, options);
}

}  // namespace mailtree::programs
