// SPDX-License-Identifier: Apache-2.0
// ldapauthd's server and its client against a real slapd: what is obeyed how soon, and what an outage looks like.
#define BOOST_TEST_MODULE ldapauth_slapd
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <iostream>

#include "log/log.h"
#include "talk.h"

using namespace mailtree;
using namespace mailtree::ldapauth;
using namespace mailtree::test;
using loop::Loop;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

// The longest time the loop did not come round, measured by a timer of 50 ms ticks.
struct Pulse : loop::Timer {
  explicit Pulse(Loop& l) : loop(l) { expired(); }
  void expired() override {
    const auto now = steady_clock::now();
    if (last != steady_clock::time_point{}) longest = std::max(longest, now - last);
    last = now;
    loop.schedule(*this, loop::Deadline::after(milliseconds(10)));
  }
  Loop& loop;
  steady_clock::time_point last;
  steady_clock::duration longest{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(slapd_suite)

Task<void> quickstart_content(Talk& talk) {
  RecipientAnswer answer = co_await talk.resolve("info@alpha-alias.test");
  BOOST_TEST((answer.outcome == Outcome::found));
  BOOST_TEST(answer.plan.mailboxes.at(0).account.name() == "user01@alpha.test");
  BOOST_TEST(answer.plan.mailboxes.at(0).account.entry_uuid.size() == 36U);
  answer = co_await talk.resolve("team@alpha.test");
  BOOST_TEST(answer.plan.groups.at(0).members.size() == 3U);
  answer = co_await talk.resolve("postmaster@beta.test");
  BOOST_TEST(answer.plan.mailboxes.at(0).account.name() == "user10@alpha.test");
  answer = co_await talk.resolve("nobody@beta.test");
  BOOST_TEST((answer.outcome == Outcome::no_such_user));
  answer = co_await talk.resolve("user01@elsewhere.test");
  BOOST_TEST((answer.outcome == Outcome::not_hosted));
}
BOOST_AUTO_TEST_CASE(the_quickstart_directory_answers_as_written) { Talk().run(quickstart_content); }

Task<void> passwords(Talk& talk) {
  SaslState state = co_await talk.sign_in("user01", "secret-user01-alpha");
  BOOST_TEST((state == SaslState::ok));
  state = co_await talk.sign_in("user01@beta.test", "secret-user01-beta");
  BOOST_TEST((state == SaslState::ok));
  state = co_await talk.sign_in("user01@beta.test", "secret-user01-alpha");
  BOOST_TEST((state == SaslState::failed));
  for (const char* bad : {"", " ", "x"}) {
    state = co_await talk.sign_in("user01", bad);
    BOOST_TEST((state == SaslState::failed), bad);
  }
  state = co_await talk.sign_in("*", "secret-user01-alpha");
  BOOST_TEST((state == SaslState::failed));
  state = co_await talk.sign_in("nobody", "secret-user01-alpha");
  BOOST_TEST((state == SaslState::failed));
}
BOOST_AUTO_TEST_CASE(passwords_are_checked_by_the_directory) { Talk().run(passwords); }

Task<void> sasl_login(Talk& talk) {
  SaslStart start;
  start.peer.service = "smtp";
  start.peer.peer_address = "127.0.0.1";
  start.mechanism = "login";
  SaslReply reply = co_await talk.client->sasl_start(start);
  BOOST_TEST((reply.state == SaslState::proceed));
  reply = co_await talk.client->sasl_step(reply.exchange, "user02@alpha.test");
  BOOST_TEST((reply.state == SaslState::proceed));
  reply = co_await talk.client->sasl_step(reply.exchange, "secret-user02-alpha");
  BOOST_TEST((reply.state == SaslState::ok));
  BOOST_TEST(reply.account.name() == "user02@alpha.test");
  reply = co_await talk.client->sasl_step(reply.exchange, "again");
  BOOST_TEST((reply.state == SaslState::failed));
  start.peer.peer_address = "192.0.2.1";
  reply = co_await talk.client->sasl_start(start);
  BOOST_TEST((reply.state == SaslState::unknown_mechanism));
}
BOOST_AUTO_TEST_CASE(sasl_exchanges_end_once_and_plain_text_needs_tls_or_a_trusted_network) { Talk().run(sasl_login); }

Task<void> changes(Talk& talk) {
  const std::string dn = "uid=fresh,ou=People,o=alpha.test,o=mailtree";
  co_await talk.wait_subscribed();
  RecipientAnswer answer = co_await talk.resolve("fresh@alpha.test");
  BOOST_TEST((answer.outcome == Outcome::no_such_user));
  slapd().modify(new_user("fresh", "alpha.test"));
  milliseconds waited = co_await talk.until("fresh@alpha.test", Outcome::found);
  BOOST_TEST(waited.count() < 1000);
  SaslState state = co_await talk.sign_in("fresh", "first");
  BOOST_TEST((state == SaslState::ok));
  state = co_await talk.sign_in("fresh", "first");  // remembered
  BOOST_TEST((state == SaslState::ok));
  slapd().modify(replace(dn, "userPassword", "second"));
  co_await loop::sleep(talk.loop, milliseconds(900));
  state = co_await talk.sign_in("fresh", "first");
  BOOST_TEST((state == SaslState::failed));
  state = co_await talk.sign_in("fresh", "second");
  BOOST_TEST((state == SaslState::ok));
  slapd().modify(replace(dn, "mailUserStatus", "inactive"));
  co_await loop::sleep(talk.loop, milliseconds(900));
  state = co_await talk.sign_in("fresh", "second");
  BOOST_TEST((state == SaslState::refused));
  answer = co_await talk.resolve("fresh@alpha.test");
  BOOST_TEST(answer.plan.refusal.code == 450);
  slapd().modify("dn: " + dn + "\nchangetype: delete\n");
  waited = co_await talk.until("fresh@alpha.test", Outcome::no_such_user);
  BOOST_TEST(waited.count() < 1000);
}
BOOST_AUTO_TEST_CASE(every_change_is_obeyed_within_a_second) { Talk().run(changes); }
BOOST_AUTO_TEST_CASE(every_change_is_obeyed_within_a_second_without_a_subscription_too) {
  struct NoWait {
    static Task<void> script(Talk& talk) {
      RecipientAnswer answer = co_await talk.resolve("late@beta.test");
      BOOST_TEST((answer.outcome == Outcome::no_such_user));
      slapd().modify(new_user("late", "beta.test"));
      const milliseconds waited = co_await talk.until("late@beta.test", Outcome::found);
      BOOST_TEST(waited.count() < 1000);
      slapd().modify("dn: uid=late,ou=People,o=beta.test,o=mailtree\nchangetype: delete\n");
      const milliseconds gone = co_await talk.until("late@beta.test", Outcome::no_such_user);
      BOOST_TEST(gone.count() < 1000);
    }
  };
  Options options = make_options();
  options.cache.subscribe = false;
  Talk(std::move(options)).run(NoWait::script);
}

Task<void> new_domain(Talk& talk) {
  RecipientAnswer answer = co_await talk.resolve("one@gamma.test");
  BOOST_TEST((answer.outcome == Outcome::not_hosted));
  slapd().modify(
      "dn: o=gamma.test,o=mailtree\nobjectClass: organization\nobjectClass: sunManagedOrganization\n"
      "objectClass: mailDomain\no: gamma.test\nsunPreferredDomain: gamma.test\ninetDomainStatus: active\n\n"
      "dn: ou=People,o=gamma.test,o=mailtree\nobjectClass: organizationalUnit\nou: People\n\n" +
      new_user("one", "gamma.test"));
  const milliseconds waited = co_await talk.until("one@gamma.test", Outcome::found);
  BOOST_TEST(waited.count() < 1000);
  slapd().modify(replace("o=gamma.test,o=mailtree", "mailDomainStatus", "hold"));
  co_await loop::sleep(talk.loop, milliseconds(900));
  answer = co_await talk.resolve("one@gamma.test");
  BOOST_TEST(answer.plan.holds.size() == 1U);
}
BOOST_AUTO_TEST_CASE(a_new_domain_is_served_within_a_second) { Talk().run(new_domain); }

Task<void> frozen(Talk& talk) {
  Pulse pulse(talk.loop);
  co_await talk.wait_subscribed();
  slapd().send("STOP");
  const auto begin = steady_clock::now();
  pulse.longest = {};
  RecipientAnswer answer = co_await talk.resolve("user07@alpha.test");
  const auto first = steady_clock::now() - begin;
  BOOST_TEST((answer.outcome == Outcome::unavailable));
  const SaslState state = co_await talk.sign_in("user07", "secret-user07-alpha");
  BOOST_TEST((state == SaslState::unavailable));
  const auto longest = std::chrono::duration_cast<milliseconds>(pulse.longest);
  slapd().send("CONT");
  BOOST_TEST(std::chrono::duration_cast<milliseconds>(first).count() <= 5500);
  BOOST_TEST_MESSAGE("longest time without the loop: " << longest.count() << " ms");
  BOOST_TEST(longest.count() < 500);  // a blocked call would be seconds; the rest is the machine's load
  const milliseconds waited = co_await talk.until("user07@alpha.test", Outcome::found);
  BOOST_TEST(waited.count() < 5000);
}
BOOST_AUTO_TEST_CASE(a_frozen_directory_is_unavailable_within_its_deadline_and_never_blocks_the_loop) {
  Talk().run(frozen);
  slapd().send("CONT");
}

Task<void> restarted(Talk& talk) {
  const auto patience = milliseconds(3000);
  co_await talk.wait_subscribed();
  slapd().stop();
  const auto begin = steady_clock::now();
  RecipientAnswer answer = co_await talk.resolve("user08@alpha.test");
  BOOST_TEST((answer.outcome == Outcome::unavailable));
  answer = co_await talk.resolve("nobody@alpha.test");
  BOOST_TEST((answer.outcome == Outcome::unavailable));
  const SaslState state = co_await talk.sign_in("user08", "wrong");
  BOOST_TEST((state == SaslState::unavailable));
  BOOST_TEST(std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin).count() < patience.count());
  slapd().start();
  const milliseconds waited = co_await talk.until("user08@alpha.test", Outcome::found);
  BOOST_TEST(waited.count() < 5000);
  co_await talk.wait_subscribed();
}
BOOST_AUTO_TEST_CASE(a_stopped_directory_is_never_mistaken_for_an_empty_one_and_comes_back_by_itself) {
  Talk().run(restarted);
}

Task<void> ask_many(Talk& talk, int count, int offset) {
  const std::string domain = "@alpha.test";
  for (int i = 0; i < count; ++i) {
    const std::string address = "nobody" + std::to_string(offset * count + i) + domain;
    const RecipientAnswer answer = co_await talk.resolve(address);
    if (answer.outcome != Outcome::no_such_user) BOOST_ERROR("wrong answer");
  }
}
// Processor time of this process, client and server together.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

Task<void> throughput(Talk& talk) {
  loop::TaskGroup group(talk.loop);
  constexpr int clients = 64, each = 20;
  co_await talk.wait_subscribed();
  const auto begin = steady_clock::now();
  const double cpu_begin = cpu_seconds();
  for (int i = 0; i < clients; ++i) group.spawn(ask_many(talk, each, i));
  const auto ended = co_await group.wait(loop::Deadline::never());
  static_cast<void>(ended);
  const std::chrono::duration<double> seconds = steady_clock::now() - begin;
  const int rate = static_cast<int>(clients * each / seconds.count());
  const double cpu = (cpu_seconds() - cpu_begin) / (clients * each);
  std::cout << "unknown recipients (two searches each): " << rate << "/s, " << cpu * 1e6 << " us of CPU each\n";
  const double login_cpu_begin = cpu_seconds();
  const auto logins_begin = steady_clock::now();
  constexpr int logins = 200;
  for (int i = 0; i < logins; ++i) {
    const SaslState state = co_await talk.sign_in("user03", "secret-user03-alpha");
    if (state != SaslState::ok) BOOST_ERROR("login failed");
  }
  const std::chrono::duration<double, std::micro> login_time = steady_clock::now() - logins_begin;
  const double login_cpu = (cpu_seconds() - login_cpu_begin) / logins;
  std::cout << "remembered login: " << static_cast<int>(login_time.count() / logins) << " us, " << login_cpu * 1e6
            << " us of CPU\n";
}
BOOST_AUTO_TEST_CASE(many_questions_share_one_connection) {
  log::set_threshold(log::Level::warning);
  Talk().run(throughput);
}

BOOST_AUTO_TEST_SUITE_END()
