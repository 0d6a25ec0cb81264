// SPDX-License-Identifier: Apache-2.0
// The parts of a login that need no directory: throttle, remembered passwords, access rules, the SASL frame.
#include <boost/test/unit_test.hpp>

#include "ldapauth/daemon/password_cache.h"
#include "ldapauth/daemon/sasl_exchange.h"
#include "ldapauth/daemon/service_access.h"
#include "ldapauth/daemon/throttle.h"

using namespace mailtree::ldapauth;
using std::chrono::milliseconds;

namespace {

const auto start_time = std::chrono::steady_clock::now();

std::string nul_separated(const std::string& a, const std::string& b, const std::string& c) {
  return a + '\0' + b + '\0' + c;
}

void load_sasl() {
  static const auto loaded = initialise_sasl({"PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-1"});
  BOOST_REQUIRE(loaded);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sign_in)

BOOST_AUTO_TEST_CASE(failures_double_the_delay_up_to_a_bound) {
  Throttle throttle({});
  std::vector<long> seconds;
  for (int i = 0; i < 5; ++i) seconds.push_back(throttle.failed("192.0.2.1", "a", start_time).count() / 1000);
  const std::vector<long> expected{2, 4, 8, 15, 15};
  BOOST_TEST(seconds == expected, boost::test_tools::per_element());
  BOOST_TEST(throttle.wait_before("192.0.2.1", "A", start_time).count() == 15000);
  BOOST_TEST(throttle.wait_before("192.0.2.2", "a", start_time).count() == 0);
  BOOST_TEST(throttle.wait_before("192.0.2.1", "b", start_time).count() == 0);
  throttle.succeeded("192.0.2.1", "a");
  BOOST_TEST(throttle.wait_before("192.0.2.1", "a", start_time).count() == 0);
}

BOOST_AUTO_TEST_CASE(failures_are_forgotten_after_fifteen_minutes_and_shared_by_an_ipv6_network) {
  Throttle throttle({});
  throttle.failed("2001:db8:1:2:3::4", "a", start_time);
  BOOST_TEST(throttle.wait_before("2001:db8:1:2:ffff::1", "a", start_time).count() > 0);
  BOOST_TEST(throttle.wait_before("2001:db8:1:3::1", "a", start_time).count() == 0);
  BOOST_TEST(throttle.failed("2001:db8:1:2::9", "a", start_time + std::chrono::minutes(16)).count() == 2000);
}

BOOST_AUTO_TEST_CASE(exempt_networks_never_wait) {
  ThrottleOptions options;
  options.exempt_networks.push_back(*mailtree::config::Network::parse("127.0.0.0/8"));
  Throttle throttle(options);
  BOOST_TEST(throttle.failed("127.0.0.1", "a", start_time).count() == 0);
  BOOST_TEST(throttle.size() == 0U);
}

BOOST_AUTO_TEST_CASE(a_remembered_password_is_good_for_its_entry_and_its_time_only) {
  PasswordCache cache(milliseconds(1000));
  cache.remember("u1", "secret", {}, start_time);
  BOOST_TEST(cache.verified("u1", "secret", "imap", start_time));
  BOOST_TEST(!cache.verified("u1", "Secret", "imap", start_time));
  BOOST_TEST(!cache.verified("u2", "secret", "imap", start_time));
  BOOST_TEST(!cache.verified("u1", "secret", "imap", start_time + milliseconds(1000)));
  cache.forget("u1");
  BOOST_TEST(!cache.verified("u1", "secret", "imap", start_time));
}

BOOST_AUTO_TEST_CASE(access_rules_follow_the_published_order) {
  const auto allowed = [](const char* rules, const char* service, bool tls) {
    return is_service_allowed(rules, service, tls, "192.0.2.7");
  };
  BOOST_TEST(allowed("", "imap", false));
  BOOST_TEST(allowed("+imap,pop:*", "imap", false));
  BOOST_TEST(!allowed("+pop:*", "imap", false));  // one allow rule shuts everything else
  BOOST_TEST(!allowed("-imap:*", "imap", false));
  BOOST_TEST(allowed("-imap:*", "pop", false));
  BOOST_TEST(allowed("+imap:192.0.2.0/24$-*:*", "imap", false));
  BOOST_TEST(!allowed("+imap:198.51.100.0/24$-*:*", "imap", false));
  BOOST_TEST(!allowed("+imaps:*", "imap", false));
  BOOST_TEST(allowed("+imaps:*", "imap", true));
  BOOST_TEST(!allowed("+imap:ALL EXCEPT 192.0.2.7", "imap", false));
}

BOOST_AUTO_TEST_CASE(plain_hands_over_what_the_client_claims) {
  load_sasl();
  SaslExchange exchange;
  const auto step = exchange.start("imap", "PLAIN", nul_separated("", "user@x.test", "pass word"));
  BOOST_REQUIRE((step.state == SaslExchange::State::claimed));
  const Credentials claimed = exchange.take_credentials();
  BOOST_TEST(claimed.login == "user@x.test");
  BOOST_TEST(claimed.password == "pass word");
}

BOOST_AUTO_TEST_CASE(plain_tells_another_authorization_identity) {
  load_sasl();
  SaslExchange exchange;
  const auto step = exchange.start("imap", "PLAIN", nul_separated("boss", "user", "secret"));
  BOOST_REQUIRE((step.state == SaslExchange::State::claimed));
  const Credentials claimed = exchange.take_credentials();
  BOOST_TEST(claimed.authorization == "boss");
  BOOST_TEST(claimed.login == "user");
}

BOOST_AUTO_TEST_CASE(login_asks_for_name_and_password) {
  load_sasl();
  SaslExchange exchange;
  auto step = exchange.start("smtp", "LOGIN", std::nullopt);
  BOOST_TEST((step.state == SaslExchange::State::proceed));
  BOOST_TEST(step.challenge == "Username:");
  step = exchange.step("user");
  BOOST_TEST(step.challenge == "Password:");
  step = exchange.step("secret");
  BOOST_REQUIRE((step.state == SaslExchange::State::claimed));
  BOOST_TEST(exchange.take_credentials().password == "secret");
}

BOOST_AUTO_TEST_CASE(malformed_and_oversized_responses_fail) {
  load_sasl();
  const std::vector<std::string> bad{"no separators", nul_separated("a", "b", "c") + '\0', std::string(5000, 'x'),
                                     nul_separated("", "", "")};
  for (const std::string& response : bad) {
    SaslExchange exchange;
    const auto step = exchange.start("imap", "PLAIN", response);
    BOOST_TEST((step.state == SaslExchange::State::failed), response.substr(0, 20));
  }
}

// Under the leak detector: the plug-in would lose the password behind these.
BOOST_AUTO_TEST_CASE(login_refuses_names_that_cannot_be_names) {
  load_sasl();
  for (const std::string& name : {std::string(), std::string(2000, 'n')}) {
    SaslExchange exchange;
    auto step = exchange.start("smtp", "LOGIN", std::nullopt);
    BOOST_TEST((step.state == SaslExchange::State::proceed));
    step = exchange.step(name);
    BOOST_TEST((step.state == SaslExchange::State::failed));
  }
}

BOOST_AUTO_TEST_CASE(other_mechanisms_are_unknown) {
  load_sasl();
  for (const char* name : {"ANONYMOUS", "CRAM-MD5", "NTLM", "EXTERNAL", "DIGEST-MD5"}) {
    SaslExchange exchange;
    const auto step = exchange.start("imap", name, std::nullopt);
    BOOST_TEST((step.state == SaslExchange::State::unknown_mechanism), name);
  }
}

BOOST_AUTO_TEST_SUITE_END()
