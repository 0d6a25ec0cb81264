// SPDX-License-Identifier: Apache-2.0
// Who may touch what, on one page. A daemon that needs a new path gets it here and nowhere else.
#include "programs/daemon_table.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace mailtree::programs {
namespace {

using config::Settings;
using config::Users;
using loop::Access;
using loop::SandboxRules;
using Directories = std::vector<std::string>;

std::string directory_of(const std::string& path) {
  return path.substr(0, path.rfind('/') + 1);
}

Directories no_directories(const Settings&, const std::string&) {
  return {};
}

// The directory and not the file: a renewed certificate is a new file under the old name.
SandboxRules tls_only(const Settings& settings, const std::string&) {
  SandboxRules rules;
  if (!settings.tls.certificate.empty()) rules.paths.push_back({directory_of(settings.tls.certificate), Access::read});
  if (!settings.tls.key.empty()) rules.paths.push_back({directory_of(settings.tls.key), Access::read});
  return rules;
}

Directories image_directory(const Settings& settings, const std::string&) {
  return {settings.directory.image_directory};
}

SandboxRules directory_rules(const Settings& settings, const std::string&) {
  SandboxRules rules;
  rules.may_connect = true;
  rules.paths.push_back({settings.directory.image_directory, Access::manage});
  if (!settings.directory.password_file.empty()) {
    rules.paths.push_back({directory_of(settings.directory.password_file), Access::read});
  }
  if (!settings.directory.ca_file.empty())
    rules.paths.push_back({directory_of(settings.directory.ca_file), Access::read});
  return rules;
}

Directories index_directory(const Settings& settings, const std::string& instance) {
  const config::Partition* const partition = settings.partition(instance);
  if (partition == nullptr) return {};
  return {partition->index_directory, openings_directory(settings)};
}

SandboxRules one_partition(const Settings& settings, const std::string& instance) {
  SandboxRules rules;
  const config::Partition* const partition = settings.partition(instance);
  if (partition == nullptr) return rules;
  rules.paths.push_back({partition->path, Access::manage});
  rules.paths.push_back({partition->index_directory, Access::manage});
  rules.paths.push_back({openings_directory(settings), Access::manage});
  rules.paths.push_back({"/proc/sys/kernel/random/boot_id", Access::read});
  return rules;
}

// LMDB's readers write their slot into the lock file; everything else is read.
SandboxRules read_partitions(const Settings& settings, const std::string&) {
  SandboxRules rules;
  rules.paths.push_back({"/proc/sys/kernel/random/boot_id", Access::read});
  for (const config::Partition& partition : settings.partitions) {
    rules.paths.push_back({partition.path, Access::read});
    rules.paths.push_back({partition.index_directory, Access::update});
  }
  return rules;
}

Directories queue_directory(const Settings& settings, const std::string&) {
  return {settings.queue.directory};
}

SandboxRules queue_rules(const Settings& settings, const std::string&) {
  SandboxRules rules;
  rules.paths.push_back({settings.queue.directory, Access::manage});
  return rules;
}

SandboxRules connect_only(const Settings&, const std::string&) {
  SandboxRules rules;
  rules.may_connect = true;
  rules.may_bind = true;  // relay.source_address
  return rules;
}

// In the order they are started: those who are asked first.
const std::vector<DaemonLine>& lines() {
  static const std::vector<DaemonLine> table = {
      {"ldapauthd", Count::one, 2, &Users::dir, {}, "ldapauth", image_directory, directory_rules},
      {"stored", Count::per_partition, 2, &Users::store, {}, "stored", index_directory, one_partition},
      {"queued", Count::one, 1, &Users::queue, {}, "queued", queue_directory, queue_rules},
      {"relayd", Count::workers, 1, &Users::relay, {}, "relayd", no_directories, connect_only},
      {"imapd", Count::workers, 0, &Users::store, {}, "imapd", no_directories, read_partitions},
      {"pop3d", Count::one, 0, &Users::store, {}, "pop3d", no_directories, read_partitions},
      {"smtpd",
       Count::workers,
       0,
       &Users::net,
       {"smtp", "submission", "submissions", "lmtp"},
       "",
       no_directories,
       tls_only},
      {"frontd", Count::workers, 0, &Users::net, {"imap", "imaps", "pop3", "pop3s"}, "", no_directories, tls_only},
  };
  return table;
}

std::uint64_t worker_count(const Settings& settings) {
  constexpr unsigned most_by_cores = 8;
  if (settings.workers != 0) return settings.workers;
  return std::clamp(std::thread::hardware_concurrency(), 1U, most_by_cores);
}

}  // namespace

std::string openings_directory(const Settings& settings) {
  return settings.run_directory + "/openings";
}

std::span<const DaemonLine> daemon_table() {
  return lines();
}

const DaemonLine* find_daemon(std::string_view name) {
  for (const DaemonLine& daemon : lines()) {
    if (daemon.name == name) return &daemon;
  }
  return nullptr;
}

const std::vector<config::Endpoint>& endpoints_of(const Settings& settings, std::string_view listener) {
  static const std::vector<config::Endpoint> none;
  const config::Listeners& all = settings.listeners;
  if (listener == "smtp") return all.smtp;
  if (listener == "submission") return all.submission;
  if (listener == "submissions") return all.submissions;
  if (listener == "lmtp") return all.lmtp;
  if (listener == "imap") return all.imap;
  if (listener == "imaps") return all.imaps;
  if (listener == "pop3") return all.pop3;
  if (listener == "pop3s") return all.pop3s;
  return none;
}

std::string socket_name(const DaemonLine& daemon, const std::string& instance) {
  if (daemon.socket.empty()) return {};
  return std::string(daemon.socket) + (daemon.count == Count::per_partition ? "-" + instance : "");
}

std::vector<std::string> instances_of(const DaemonLine& daemon, const Settings& settings) {
  std::vector<std::string> instances;
  switch (daemon.count) {
    case Count::one:
      instances.emplace_back();
      break;
    case Count::workers:
      for (std::uint64_t i = 1; i <= worker_count(settings); ++i) instances.push_back(std::to_string(i));
      break;
    case Count::per_partition:
      for (const config::Partition& partition : settings.partitions) instances.push_back(partition.name);
      break;
  }
  return instances;
}

Result<std::vector<unsigned>> daemon_uids(const Settings& settings) {
  std::vector<unsigned> uids;
  if (geteuid() != 0) return uids;
  uids.push_back(0);
  for (const DaemonLine& daemon : lines()) {
    const std::string& name = settings.users.*daemon.user;
    if (name.empty()) continue;
    const Result<loop::User> user = loop::find_user(name);
    if (!user) return user.error();
    if (std::find(uids.begin(), uids.end(), user->uid) == uids.end()) uids.push_back(user->uid);
  }
  return uids;
}

}  // namespace mailtree::programs
