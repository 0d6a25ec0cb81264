// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/group_rules.h"

#include <boost/test/unit_test.hpp>

#include "memory_directory.h"

using namespace mailtree::test;

namespace {

int code_for(std::vector<std::pair<std::string, std::string>> rules, const std::string& sender,
             const std::string& authenticated = "", const Broadcasters& broadcasters = {}) {
  Post post;
  post.sender = sender;
  post.authenticated_as = authenticated;
  post.message_bytes = 5000;
  return check_post(make_entry("cn=g", std::move(rules)), post, broadcasters).code;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(group_rules)

BOOST_AUTO_TEST_CASE(globs_match_whole_names) {
  BOOST_TEST(matches_glob("siroe.com", "SIROE.com"));
  BOOST_TEST(!matches_glob("siroe.com", "x.siroe.com"));
  BOOST_TEST(matches_glob("*.siroe.com", "x.siroe.com"));
  BOOST_TEST(!matches_glob("*.siroe.com", "siroe.com"));
  BOOST_TEST(matches_glob("siroe.*", "siroe.co.uk"));
  BOOST_TEST(matches_glob("*", ""));
  BOOST_TEST(!matches_glob("a*b*c", "axxbxx"));
}

BOOST_AUTO_TEST_CASE(a_group_without_rules_is_open) { BOOST_TEST(code_for({}, "x@y.test") == 0); }

BOOST_AUTO_TEST_CASE(sender_domains_are_allowed_and_refused) {
  BOOST_TEST(code_for({{"mgrpAllowedDomain", "y.test"}}, "x@y.test") == 0);
  BOOST_TEST(code_for({{"mgrpAllowedDomain", "y.test"}}, "x@z.test") == 550);
  BOOST_TEST(code_for({{"mgrpDisallowedDomain", "*.test"}}, "x@y.test") == 550);
}

BOOST_AUTO_TEST_CASE(a_demanded_login_counts_instead_of_the_claimed_sender) {
  BOOST_TEST(code_for({{"mgrpBroadcasterPolicy", "SMTP_AUTH_REQUIRED"}}, "x@y.test") == 550);
  BOOST_TEST(code_for({{"mgrpBroadcasterPolicy", "SMTP_AUTH_REQUIRED"}, {"mgrpAllowedDomain", "y.test"}}, "x@y.test",
                      "me@z.test") == 550);
  BOOST_TEST(code_for({{"mgrpBroadcasterPolicy", "AUTH_REQ"}, {"mgrpAllowedDomain", "z.test"}}, "x@y.test",
                      "me@z.test") == 0);
}

BOOST_AUTO_TEST_CASE(broadcasters_may_post_and_nobody_else) {
  Broadcasters who;
  who.allowed = {"boss@y.test"};
  who.disallowed = {"spam@y.test"};
  const std::pair<std::string, std::string> rule{"mgrpAllowedBroadcaster", "mailto:boss@y.test"};
  BOOST_TEST(code_for({rule}, "Boss@y.test", "", who) == 0);
  BOOST_TEST(code_for({rule}, "x@y.test", "", who) == 550);
  BOOST_TEST(code_for({}, "spam@y.test", "", who) == 550);
  const std::pair<std::string, std::string> domain{"mgrpAllowedDomain", "z.test"};
  BOOST_TEST(code_for({rule, domain, {"mgrpBroadcasterPolicy", "OR"}}, "x@z.test", "", who) == 0);
  BOOST_TEST(code_for({rule, domain}, "x@z.test", "", who) == 550);
}

BOOST_AUTO_TEST_CASE(size_is_bounded_and_an_unchecked_password_does_not_open_the_list) {
  BOOST_TEST(code_for({{"mgrpMsgMaxSize", "4000"}}, "x@y.test") == 552);
  BOOST_TEST(code_for({{"mgrpMsgMaxSize", "6000"}}, "x@y.test") == 0);
  BOOST_TEST(code_for({{"mgrpBroadcasterPolicy", "PASSWORD_REQUIRED"}}, "x@y.test") == 550);
}

BOOST_AUTO_TEST_CASE(the_refusal_is_in_the_words_of_the_group_if_they_fit_a_reply) {
  const auto text = [](const std::string& own) {
    return check_post(make_entry("cn=g", {{"mgrpMsgRejectText", own}, {"mgrpAllowedDomain", "z.test"}}), {}, {}).text;
  };
  BOOST_TEST(text("Members only$second line") == "Members only");
  BOOST_TEST(text("Nur f\xc3\xbcr Mitglieder") == "You may not post to this list");
}

BOOST_AUTO_TEST_SUITE_END()
