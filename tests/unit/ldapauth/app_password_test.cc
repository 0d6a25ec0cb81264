// SPDX-License-Identifier: Apache-2.0
// Passwords of single applications: scope, end, hash; and the times they are written in.
#include <boost/test/unit_test.hpp>

#include "ldapauth/daemon/app_password.h"
#include "ldapauth/daemon/generalized_time.h"
#include "ldapauth/daemon/password_cache.h"
#include "memory_directory.h"

using namespace mailtree::ldapauth;
using mailtree::test::make_entry;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// "app-pass", by crypt(3).
const std::string sha512 =
    "{CRYPT}$6$rounds=1000$saltsalt$"
    "DzGUZOupab3F8FOIsfLfQs/mDZslzG8TYBbZLuueQgMDyIDR0rZBSxvLzggSuecx0gSY3GKp60R3fGMKPc4ZG/";
constexpr std::int64_t now = 1'795'856'400;  // 2026-11-28 09:00:00 UTC

using Values = std::vector<std::pair<std::string, std::string>>;

Entry make_password(const std::string& label, Values more) {
  Values values{{"objectClass", "mailtreeAppPassword"}, {"cn", label}, {"entryUUID", "UUID-" + label}};
  values.insert(values.end(), more.begin(), more.end());
  return make_entry("cn=" + label + ",uid=a", values);
}

std::size_t usable(const Entry& entry, const char* service, std::size_t problems = 0) {
  std::vector<std::string> found;
  const auto passwords = usable_app_passwords({entry}, service, now, found);
  BOOST_TEST(found.size() == problems);
  return passwords.size();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(app_password)

BOOST_AUTO_TEST_CASE(a_password_is_good_for_the_services_of_its_scope) {
  const Entry two = make_password("phone", {{"userPassword", sha512}, {"mailtreePasswordScope", "imap, SMTP"}});
  BOOST_TEST(usable(two, "imap") == 1U);
  BOOST_TEST(usable(two, "smtp") == 1U);
  BOOST_TEST(usable(two, "pop") == 0U);
  const Entry values = make_password("tv", {{"userPassword", sha512},
                                            {"mailtreePasswordScope", "imap"},
                                            {"mailtreePasswordScope", "pop"}});
  BOOST_TEST(usable(values, "pop") == 1U);
  BOOST_TEST(usable(values, "smtp") == 0U);
  BOOST_TEST(usable(make_password("all", {{"userPassword", sha512}}), "smtp") == 1U);
  BOOST_TEST(usable(make_password("none", {{"userPassword", sha512}, {"mailtreePasswordScope", " "}}), "imap") == 0U);
}

BOOST_AUTO_TEST_CASE(a_password_ends_at_its_time) {
  const auto ending = [](const char* end) {
    return make_password("x", {{"userPassword", sha512}, {"mailtreePasswordExpires", end}});
  };
  BOOST_TEST(usable(ending("20261128090001Z"), "imap") == 1U);
  BOOST_TEST(usable(ending("20261128090000Z"), "imap") == 0U);
  BOOST_TEST(usable(ending("20201128090000Z"), "imap") == 0U);
  BOOST_TEST(usable(ending("next year"), "imap", 1) == 0U);  // not understood: not open for ever
}

BOOST_AUTO_TEST_CASE(hashes_that_we_do_not_verify_or_trust_are_left_out) {
  for (const char* hash : {"", "app-pass", "{SSHA}jKmAUqH/wJvUJ1WwW/Ipr9VYtG+M9pgdCyDCrg==", "{CRYPT}", "{CRYPT}*",
                           "{CRYPT}saTnN1bVHMYW.", "{CRYPT}$9$unknown"})
    BOOST_TEST(usable(make_password("x", {{"userPassword", hash}}), "imap", 1) == 0U, hash);
}

BOOST_AUTO_TEST_CASE(a_user_locked_by_the_directory_has_none) {
  std::vector<std::string> problems;
  const Entries entries{make_password("phone", {{"userPassword", sha512}}),
                        make_entry("uid=a", {{"pwdAccountLockedTime", "000001010000Z"}})};
  BOOST_TEST(usable_app_passwords(entries, "imap", now, problems).empty());
  BOOST_TEST(problems.empty());
}

BOOST_AUTO_TEST_CASE(the_password_that_fits_is_found) {
  std::vector<std::string> problems;
  const Entries entries{make_password("one", {{"userPassword", "{crypt}$6$rounds=1000$other$x"}}),
                        make_password("two", {{"userPassword", sha512}})};
  const auto usable = usable_app_passwords(entries, "imap", now, problems);
  BOOST_REQUIRE(usable.size() == 2U);
  BOOST_TEST(usable[1].label == "two");
  BOOST_TEST(usable[1].entry_uuid == "uuid-two");
  BOOST_TEST(find_app_password(usable, "app-pass").value_or(9) == 1U);
  for (const char* wrong : {"app-pas", "app-pass ", "APP-PASS", ""})
    BOOST_TEST(!find_app_password(usable, wrong).has_value(), wrong);
  BOOST_TEST(!find_app_password({}, "app-pass").has_value());
}

BOOST_AUTO_TEST_CASE(a_remembered_password_stays_within_its_service_its_end_and_its_entry) {
  const auto start = std::chrono::steady_clock::now();
  PasswordCache cache(milliseconds(300'000));
  PasswordCache::Use use;
  use.service = "imap";
  use.source = "phone";
  use.until = start + seconds(10);
  cache.remember("u1", "app", use, start);
  cache.remember("u1", "own", {}, start);
  BOOST_TEST(cache.verified("u1", "app", "imap", start));
  BOOST_TEST(!cache.verified("u1", "app", "smtp", start));
  BOOST_TEST(!cache.verified("u2", "app", "imap", start));
  BOOST_TEST(!cache.verified("u1", "app", "imap", start + seconds(10)));
  BOOST_TEST(cache.verified("u1", "own", "smtp", start + seconds(10)));
  cache.forget("phone");
  BOOST_TEST(!cache.verified("u1", "app", "imap", start));
  BOOST_TEST(cache.verified("u1", "own", "imap", start));
  cache.remember("u1", "app", use, start);
  cache.forget("u1");
  BOOST_TEST(!cache.verified("u1", "app", "imap", start));
}

BOOST_AUTO_TEST_CASE(times_of_a_directory_are_read) {
  BOOST_TEST(parse_generalized_time("20261128090000Z").value_or(0) == now);
  BOOST_TEST(parse_generalized_time("202611280900Z").value_or(0) == now);
  BOOST_TEST(parse_generalized_time("2026112809Z").value_or(0) == now);
  BOOST_TEST(parse_generalized_time("20261128100000+01").value_or(0) == now);
  BOOST_TEST(parse_generalized_time("20261128033000-0530").value_or(0) == now);
  BOOST_TEST(parse_generalized_time("20261128090000.999Z").value_or(0) == now);
  BOOST_TEST(parse_generalized_time("2026112809,5Z").value_or(0) == now + 1800);
  BOOST_TEST(parse_generalized_time("19700101000000Z").value_or(1) == 0);
  for (const char* bad : {"", "2026", "20261128090000", "20261128250000Z", "20261328090000Z", "20260230090000Z",
                          "20261128096000Z", "20261128090000.Z", "20261128090000+1", "20261128090000Zx",
                          "2026112809000Z"})
    BOOST_TEST(!parse_generalized_time(bad).has_value(), bad);
}

BOOST_AUTO_TEST_SUITE_END()
