// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/resolver.h"

#include <boost/test/unit_test.hpp>

#include "memory_directory.h"
#include "support/run_task.h"

using namespace mailtree::test;
using mailtree::loop::Loop;

namespace {

struct Fixture {
  Fixture() {
    options.directory.base_dn = "o=mail";
    options.host_name = "mx.test";
    options.postmaster = "admin@alpha.test";
    options.default_domain = "alpha.test";
    directory.entries = {make_domain("alpha.test"), make_domain("beta.test"), make_user("admin", "alpha.test"),
                         make_user("u1", "alpha.test"), make_user("u1", "beta.test")};
  }
  void add(Entry entry) { directory.entries.push_back(std::move(entry)); }

  static Task<void> ask(Resolver& resolver, std::string address, Post post, RecipientAnswer& answer) {
    const Deadline never = Deadline::never();
    answer = co_await resolver.resolve(std::move(address), std::move(post), never);
  }
  static Task<void> ask_login(Resolver& resolver, std::string login, AccountAnswer& answer) {
    const Deadline never = Deadline::never();
    answer = co_await resolver.find_login(std::move(login), never);
  }
  RecipientAnswer resolve(const std::string& address, Post post = {}) {
    RecipientAnswer answer;
    Resolver resolver(loop, directory, options);
    run_task(loop, ask(resolver, address, std::move(post), answer));
    return answer;
  }
  AccountAnswer login(const std::string& name) {
    AccountAnswer answer;
    Resolver resolver(loop, directory, options);
    run_task(loop, ask_login(resolver, name, answer));
    return answer;
  }
  std::string mailbox(const std::string& address) {
    const RecipientAnswer answer = resolve(address);
    if (answer.outcome != Outcome::found) return "";
    return answer.plan.mailboxes.empty() ? "" : answer.plan.mailboxes[0].account.name();
  }

  Loop loop;
  MemoryDirectory directory;
  Options options;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resolver, Fixture)

BOOST_AUTO_TEST_CASE(an_address_leads_to_its_mailbox_in_any_case_and_by_an_alias_domain) {
  BOOST_TEST(mailbox("u1@alpha.test") == "u1@alpha.test");
  BOOST_TEST(mailbox("U1@Alpha.Test") == "u1@alpha.test");
  BOOST_TEST(mailbox("u1@alias-alpha.test") == "u1@alpha.test");
  BOOST_TEST(mailbox("u1@beta.test") == "u1@beta.test");
}

BOOST_AUTO_TEST_CASE(the_three_outcomes_are_kept_apart) {
  BOOST_TEST((resolve("nobody@alpha.test").outcome == Outcome::no_such_user));
  BOOST_TEST((resolve("u1@elsewhere.test").outcome == Outcome::not_hosted));
  directory.down = true;
  BOOST_TEST((resolve("u1@alpha.test").outcome == Outcome::unavailable));
  BOOST_TEST((resolve("nobody@alpha.test").outcome == Outcome::unavailable));
  BOOST_TEST((resolve("u1@elsewhere.test").outcome == Outcome::unavailable));
  BOOST_TEST((login("u1").outcome == Outcome::unavailable));
}

BOOST_AUTO_TEST_CASE(an_ambiguous_address_is_never_guessed) {
  Entry twin = make_user("twin", "alpha.test");
  twin.attributes.push_back({"mailalternateaddress", {"u1@alpha.test"}});
  add(twin);
  BOOST_TEST((resolve("u1@alpha.test").outcome == Outcome::unavailable));
}

BOOST_AUTO_TEST_CASE(a_subaddress_names_a_folder_unless_somebody_has_the_whole_address) {
  const auto answer = resolve("u1+work@alpha.test");
  BOOST_REQUIRE(answer.outcome == Outcome::found);
  BOOST_TEST(answer.plan.mailboxes.at(0).folder_hint == "work");
  Entry other = make_user("u2", "alpha.test");
  other.attributes.push_back({"mailequivalentaddress", {"u1+work@alpha.test"}});
  add(other);
  BOOST_TEST(mailbox("u1+work@alpha.test") == "u2@alpha.test");
}

BOOST_AUTO_TEST_CASE(postmaster_is_always_somebody) {
  BOOST_TEST(mailbox("postmaster") == "admin@alpha.test");
  BOOST_TEST(mailbox("PostMaster@mx.test") == "admin@alpha.test");
  BOOST_TEST(mailbox("postmaster@beta.test") == "admin@alpha.test");
  Entry own = make_user("u2", "beta.test");
  own.attributes.push_back({"mailalternateaddress", {"postmaster@beta.test"}});
  add(own);
  BOOST_TEST(mailbox("postmaster@beta.test") == "u2@beta.test");
  options.postmaster = "someone@outside.test";
  BOOST_TEST(resolve("postmaster@alpha.test").plan.forwards.at(0).address == "someone@outside.test");
  options.postmaster = "";
  BOOST_TEST(resolve("postmaster").plan.refusal.code == 451);
}

BOOST_AUTO_TEST_CASE(the_owner_of_a_domain_takes_what_nobody_else_has) {
  Entry owner = make_user("u2", "alpha.test");
  owner.attributes.push_back({"mailalternateaddress", {"@alpha.test"}});
  add(owner);
  BOOST_TEST(mailbox("whoever@alpha.test") == "u2@alpha.test");
  BOOST_TEST(mailbox("u1@alpha.test") == "u1@alpha.test");
  BOOST_TEST(mailbox("u1+x@alpha.test") == "u1@alpha.test");
  BOOST_TEST(mailbox("postmaster@alpha.test") == "admin@alpha.test");
}

BOOST_AUTO_TEST_CASE(the_catch_all_address_and_the_smart_host_come_last) {
  directory.entries[0].attributes.push_back({"maildomaincatchalladdress", {"u1@beta.test"}});
  directory.entries[1].attributes.push_back({"mailroutingsmarthost", {"Gate.Test"}});
  BOOST_TEST(mailbox("whoever@alpha.test") == "u1@beta.test");
  const auto answer = resolve("whoever@beta.test");
  BOOST_TEST(answer.plan.hosts.at(0).host == "gate.test");
}

BOOST_AUTO_TEST_CASE(catch_all_addresses_in_a_circle_end) {
  directory.entries[0].attributes.push_back({"maildomaincatchalladdress", {"x@beta.test"}});
  directory.entries[1].attributes.push_back({"maildomaincatchalladdress", {"x@alpha.test"}});
  BOOST_TEST((resolve("whoever@alpha.test").outcome == Outcome::unavailable));
}

BOOST_AUTO_TEST_CASE(a_domain_that_other_hosts_serve_is_not_ours) {
  directory.entries[0].attributes.push_back({"mailroutinghosts", {"other.test"}});
  directory.entries[1].attributes.push_back({"mailroutinghosts", {"other.test", "MX.test"}});
  BOOST_TEST((resolve("u1@alpha.test").outcome == Outcome::not_hosted));
  BOOST_TEST(mailbox("u1@beta.test") == "u1@beta.test");
}

BOOST_AUTO_TEST_CASE(a_group_becomes_the_addresses_of_its_members) {
  add(make_entry("cn=team,o=alpha.test,o=mail", {{"objectClass", "inetMailGroup"},
                                                 {"mail", "team@alpha.test"},
                                                 {"uniqueMember", "uid=u1,o=alpha.test,o=mail"},
                                                 {"uniqueMember", "uid=gone,o=alpha.test,o=mail"},
                                                 {"memberURL", "ldap:///o=beta.test,o=mail??sub?(uid=u1)"},
                                                 {"mgrpRFC822MailMember", "guest@outside.test"}}));
  const auto answer = resolve("team@alpha.test");
  BOOST_REQUIRE(answer.outcome == Outcome::found);
  const std::vector<std::string> expected{"u1@alpha.test", "u1@beta.test", "guest@outside.test"};
  BOOST_TEST(answer.plan.groups.at(0).members == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(only_the_allowed_may_post_and_the_rest_goes_to_the_moderator) {
  add(make_entry("cn=team,o=alpha.test,o=mail", {{"objectClass", "inetMailGroup"},
                                                 {"mail", "team@alpha.test"},
                                                 {"uniqueMember", "uid=u1,o=alpha.test,o=mail"},
                                                 {"mgrpAllowedBroadcaster", "ldap:///cn=team,o=alpha.test,o=mail"}}));
  Post member, stranger;
  member.sender = "U1@alpha.test";
  stranger.sender = "x@outside.test";
  BOOST_TEST(resolve("team@alpha.test", member).plan.groups.size() == 1U);
  BOOST_TEST(resolve("team@alpha.test", stranger).plan.refusal.code == 550);
  directory.entries.back().attributes.push_back({"mgrpmsgrejectaction", {"toModerator"}});
  directory.entries.back().attributes.push_back({"mgrpmoderator", {"mailto:boss@alpha.test"}});
  BOOST_TEST(resolve("team@alpha.test", stranger).plan.forwards.at(0).address == "boss@alpha.test");
}

BOOST_AUTO_TEST_CASE(a_login_is_a_uid_or_an_address_with_the_default_domain_for_bare_names) {
  BOOST_TEST(login("u1").account.name() == "u1@alpha.test");
  BOOST_TEST(login("u1@beta.test").account.name() == "u1@beta.test");
  BOOST_TEST(login("U1@alias-beta.test").account.name() == "u1@beta.test");
  Entry other = make_user("short", "alpha.test");
  for (Attribute& attribute : other.attributes)
    if (attribute.name == "mail") attribute.values = {"long.name@alpha.test"};
  add(other);
  BOOST_TEST(login("long.name@alpha.test").account.name() == "short@alpha.test");
  BOOST_TEST((login("nobody").outcome == Outcome::no_such_user));
  BOOST_TEST((login("u1@elsewhere.test").outcome == Outcome::no_such_user));
}

BOOST_AUTO_TEST_SUITE_END()
