// SPDX-License-Identifier: Apache-2.0
// The table of daemons: who may touch what.
#include "programs/daemon_table.h"

#include <boost/test/unit_test.hpp>
#include <set>

#include "config/declaration.h"

namespace mailtree::programs {
namespace {

config::Settings sample_settings() {
  config::Settings settings;
  settings.workers = 2;
  settings.partitions = {{"default", "/mail/default", "/index"}, {"old", "/mail/old", "/index"}};
  settings.tls.certificate = "/tls/certificate.pem";
  settings.tls.key = "/tls/key.pem";
  settings.directory.password_file = "/secrets/password";
  return settings;
}

bool may(const loop::SandboxRules& rules, const std::string& path, loop::Access access) {
  for (const auto& right : rules.paths) {
    if (right.path == path && right.access == access) return true;
  }
  return false;
}

bool touches(const loop::SandboxRules& rules, const std::string& prefix) {
  for (const auto& right : rules.paths) {
    if (right.path.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_daemon_stands_once_in_the_table) {
  std::set<std::string_view> names;
  for (const DaemonLine& line : daemon_table()) BOOST_TEST(names.insert(line.name).second);
  BOOST_TEST(names.size() == 8U);
  BOOST_TEST(find_daemon("stored") != nullptr);
  BOOST_TEST(find_daemon("mailtreed") == nullptr);
}

BOOST_AUTO_TEST_CASE(every_listener_of_the_settings_belongs_to_exactly_one_daemon) {
  std::multiset<std::string> served;
  for (const DaemonLine& line : daemon_table()) served.insert(line.tcp.begin(), line.tcp.end());
  for (const config::Setting& setting : config::declared_settings()) {
    if (setting.key.rfind("listeners.", 0) != 0) continue;
    BOOST_TEST(served.count(std::string(setting.key.substr(10))) == 1U, setting.key);
  }
}

BOOST_AUTO_TEST_CASE(processes_that_read_strangers_have_no_mail_and_no_directory_password) {
  const config::Settings settings = sample_settings();
  for (const char* name : {"smtpd", "frontd", "relayd"}) {
    const loop::SandboxRules rules = find_daemon(name)->rules(settings, "1");
    BOOST_TEST(!touches(rules, "/mail"));
    BOOST_TEST(!touches(rules, "/secrets"));
  }
}

BOOST_AUTO_TEST_CASE(only_stored_changes_a_partition_and_only_its_own) {
  const config::Settings settings = sample_settings();
  const loop::SandboxRules stored = find_daemon("stored")->rules(settings, "old");
  BOOST_TEST(may(stored, "/mail/old", loop::Access::manage));
  BOOST_TEST(!touches(stored, "/mail/default"));
  const loop::SandboxRules imapd = find_daemon("imapd")->rules(settings, "1");
  BOOST_TEST(may(imapd, "/mail/old", loop::Access::read));
  BOOST_TEST(!may(imapd, "/mail/old", loop::Access::manage));
}

BOOST_AUTO_TEST_CASE(only_those_who_have_to_may_open_connections) {
  const config::Settings settings = sample_settings();
  for (const DaemonLine& line : daemon_table()) {
    const bool expected = line.name == "ldapauthd" || line.name == "relayd";
    BOOST_TEST(line.rules(settings, "default").may_connect == expected, line.name);
  }
}

BOOST_AUTO_TEST_CASE(there_is_one_stored_for_each_partition_and_as_many_workers_as_set) {
  const config::Settings settings = sample_settings();
  const std::vector<std::string> stored = instances_of(*find_daemon("stored"), settings);
  BOOST_TEST(stored.size() == 2U);
  BOOST_TEST(socket_name(*find_daemon("stored"), stored.at(1)) == "stored-old");
  BOOST_TEST(instances_of(*find_daemon("smtpd"), settings).size() == 2U);
  BOOST_TEST(instances_of(*find_daemon("queued"), settings).size() == 1U);
  BOOST_TEST(socket_name(*find_daemon("imapd"), "2") == "imapd");
}

}  // namespace mailtree::programs
