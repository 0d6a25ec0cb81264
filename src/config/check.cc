// SPDX-License-Identifier: Apache-2.0
// Rules across settings. Each says what is wrong and what to write instead.
#include "config/check.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "base/ascii.h"
#include "config/declaration.h"
#include "config/problems.h"

namespace mailtree::config {
namespace {

// sun_path holds 108 octets with its NUL (unix(7)); the longest socket name is "stored-" with a partition's name.
constexpr std::size_t max_run_directory_bytes = 70;
constexpr std::size_t max_partition_name_bytes = 24;

void check_absolute(const std::string& key, const std::string& path, Problems& problems) {
  if (!path.empty() && path.front() != '/')
    problems.add(0, "'" + key + "' has to be an absolute path, not '" + path + "'");
}

void check_paths(Settings settings, Problems& problems) {
  for (const Setting& setting : declared_settings()) {
    if (setting.unit != Unit::path) continue;
    const Target target = setting.target(settings);
    if (const auto* const path = std::get_if<std::string*>(&target)) {
      check_absolute(std::string(setting.key), **path, problems);
    }
  }
  if (settings.run_directory.empty()) problems.add(0, "'run_directory' may not be empty");
  if (settings.run_directory.size() > max_run_directory_bytes) {
    problems.add(0, "'run_directory' is longer than 70 octets, too long for the sockets in it");
  }
}

bool is_partition_name(std::string_view name) {
  if (name.empty() || name.size() > max_partition_name_bytes) return false;
  for (const char c : name) {
    if (!ascii::is_alpha(c) && !ascii::is_digit(c) && c != '-' && c != '_') return false;
  }
  return true;
}

void check_partitions(const Settings& settings, Problems& problems) {
  if (settings.partitions.empty()) {
    problems.add(0, "no partition is set; write [partitions.default] with path and index_directory");
  }
  std::set<std::string> seen;
  for (const Partition& partition : settings.partitions) {
    const std::string key = "partitions." + partition.name;
    if (!is_partition_name(partition.name)) {
      problems.add(0, "'" + key + "': a name is 1 to 24 letters, digits, '-' and '_'");
    }
    if (partition.path.empty()) problems.add(0, "'" + key + ".path' is missing");
    if (partition.index_directory.empty()) problems.add(0, "'" + key + ".index_directory' is missing");
    check_absolute(key + ".path", partition.path, problems);
    check_absolute(key + ".index_directory", partition.index_directory, problems);
    if (!partition.path.empty() && !seen.insert(partition.path).second) {
      problems.add(0, "'" + key + ".path' is used by another partition");
    }
  }
}

void check_listeners(Settings settings, Problems& problems) {
  std::set<std::string> seen;
  for (const Setting& setting : declared_settings()) {
    if (setting.key.substr(0, 10) != "listeners.") continue;
    const Target target = setting.target(settings);
    for (const Endpoint& endpoint : **std::get_if<std::vector<Endpoint>*>(&target)) {
      const std::string text = endpoint.text();
      if (!is_numeric_address(endpoint.host)) {
        problems.add(0, "'" + std::string(setting.key) + "': " + text + " needs a numeric address, not a name");
      }
      if (endpoint.port != 0 && !seen.insert(text).second) {
        problems.add(0, "'" + std::string(setting.key) + "': " + text + " is set for two listeners");
      }
    }
  }
  const Listeners& listeners = settings.listeners;
  const bool wants_tls = !listeners.submissions.empty() || !listeners.imaps.empty() || !listeners.pop3s.empty();
  if (wants_tls && (settings.tls.certificate.empty() || settings.tls.key.empty())) {
    problems.add(0, "'listeners.submissions', 'imaps' and 'pop3s' need 'tls.certificate' and 'tls.key'");
  }
  if (settings.tls.certificate.empty() != settings.tls.key.empty()) {
    problems.add(0, "'tls.certificate' and 'tls.key' go together; one of them is missing");
  }
}

void check_mechanisms(const Settings& settings, Problems& problems) {
  constexpr std::array<std::string_view, 4> known = {"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1"};
  if (settings.directory.mechanisms.empty()) problems.add(0, "'directory.mechanisms' is empty; nobody could sign in");
  for (const std::string& name : settings.directory.mechanisms) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    problems.add(0, "'directory.mechanisms': '" + name + "' is none of PLAIN, LOGIN, SCRAM-SHA-256, SCRAM-SHA-1");
  }
}

void check_levels_and_addresses(const Settings& settings, Problems& problems) {
  constexpr std::array<std::string_view, 5> levels = {"debug", "info", "warning", "error", "alarm"};
  bool known = false;
  for (const std::string_view level : levels) known = known || settings.log_level == level;
  if (!known) problems.add(0, "'log_level' is one of debug, info, warning, error, alarm");
  if (!settings.postmaster.empty() && settings.postmaster.find('@') == std::string::npos) {
    problems.add(0, "'postmaster' needs a full address with a domain");
  }
  if (settings.directory.uris.empty()) problems.add(0, "'directory.uris' is empty; name an LDAP server");
  if (!settings.relay.smart_host.empty() && !parse_endpoint(settings.relay.smart_host)) {
    problems.add(0, "'relay.smart_host' needs the form \"host:port\"");
  }
  for (const std::string& server : settings.relay.dns_forwarders) {
    // libunbound's own form for another port is ADDRESS@PORT.
    if (!is_numeric_address(server.substr(0, server.find('@')))) {
      problems.add(0, "'relay.dns_forwarders': '" + server + "' is not a numeric address");
    }
  }
}

void at_least(std::uint64_t value, std::uint64_t least, const std::string& key, Problems& problems) {
  if (value < least)
    problems.add(0, "'" + key + "' is " + std::to_string(value) + "; the least is " + std::to_string(least));
}

void at_most(std::uint64_t value, std::uint64_t most, const std::string& key, Problems& problems) {
  if (value > most)
    problems.add(0, "'" + key + "' is " + std::to_string(value) + "; the most is " + std::to_string(most));
}

void check_ranges(const Settings& s, Problems& problems) {
  at_most(s.workers, 64, "workers", problems);
  at_most(s.store.quota_grace_seconds, 10ULL * 365 * 24 * 3600, "store.quota_grace_seconds", problems);
  at_most(s.store.quota_warning_percent, 100, "store.quota_warning_percent", problems);
  at_most(s.store.flags_in_names_seconds, 24 * 3600, "store.flags_in_names_seconds", problems);
  at_least(s.smtp.max_message_bytes, 65536, "smtp.max_message_bytes", problems);  // RFC 5321 4.5.3.1.7
  at_least(s.smtp.max_recipients, 100, "smtp.max_recipients", problems);          // RFC 5321 4.5.3.1.8
  at_least(s.smtp.max_submission_recipients, 1, "smtp.max_submission_recipients", problems);
  at_least(s.smtp.max_header_bytes, 4096, "smtp.max_header_bytes", problems);
  at_least(s.smtp.max_received_headers, 10, "smtp.max_received_headers", problems);
  at_least(s.smtp.command_timeout_seconds, 1, "smtp.command_timeout_seconds", problems);
  at_least(s.smtp.greeting_timeout_seconds, 1, "smtp.greeting_timeout_seconds", problems);
  at_least(s.imap.max_line_bytes, 8192, "imap.max_line_bytes", problems);  // RFC 7162 section 4
  at_least(s.imap.max_literal_bytes, 4096, "imap.max_literal_bytes", problems);
  at_least(s.imap.idle_timeout_seconds, 1, "imap.idle_timeout_seconds", problems);
  at_least(s.pop3.idle_timeout_seconds, 1, "pop3.idle_timeout_seconds", problems);
  at_least(s.front.login_timeout_seconds, 1, "front.login_timeout_seconds", problems);
  at_least(s.queue.retry_first_seconds, 1, "queue.retry_first_seconds", problems);
  at_least(s.queue.retry_max_seconds, s.queue.retry_first_seconds, "queue.retry_max_seconds", problems);
  at_least(s.queue.expansion_max_depth, 1, "queue.expansion_max_depth", problems);
  at_least(s.directory.bind_connections, 1, "directory.bind_connections", problems);
  at_most(s.directory.bind_connections, 64, "directory.bind_connections", problems);
  at_least(s.directory.search_window, 1, "directory.search_window", problems);
  at_most(s.directory.search_window, 100, "directory.search_window", problems);
  at_least(s.directory.search_timeout_seconds, 1, "directory.search_timeout_seconds", problems);
  at_least(s.directory.bind_timeout_seconds, 1, "directory.bind_timeout_seconds", problems);
  at_least(s.relay.port, 1, "relay.port", problems);
  at_most(s.relay.port, 65535, "relay.port", problems);
}

}  // namespace

void check(const Settings& settings, Problems& problems) {
  check_paths(settings, problems);
  check_partitions(settings, problems);
  check_listeners(settings, problems);
  check_levels_and_addresses(settings, problems);
  check_mechanisms(settings, problems);
  check_ranges(settings, problems);
}

}  // namespace mailtree::config
