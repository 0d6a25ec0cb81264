// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/filter.h"

#include <boost/test/unit_test.hpp>

using namespace mailtree::ldapauth;

BOOST_AUTO_TEST_SUITE(filter)

BOOST_AUTO_TEST_CASE(every_octet_that_means_something_in_a_filter_is_escaped) {
  BOOST_TEST(assertion_value("*)(uid=*") == "\\2a\\29\\28uid=\\2a");
  BOOST_TEST(assertion_value(std::string_view("a\0b", 3)) == "a\\00b");
  BOOST_TEST(assertion_value("back\\slash") == "back\\5cslash");
  BOOST_TEST(assertion_value("\xc3\xa9") == "\\c3\\a9");
}

BOOST_AUTO_TEST_CASE(no_octet_can_end_its_assertion) {
  for (int octet = 0; octet < 256; ++octet) {
    const std::string value(1, static_cast<char>(octet));
    const std::string escaped = assertion_value(value);
    BOOST_TEST(escaped.find_first_of("()*") == std::string::npos);
    BOOST_TEST((escaped == value || (escaped.size() == 3 && escaped[0] == '\\')));
  }
}

BOOST_AUTO_TEST_CASE(alternatives_are_joined_and_a_single_one_stays_alone) {
  BOOST_TEST(any_of({equals("mail", "a@b")}) == "(mail=a@b)");
  BOOST_TEST(any_of({equals("uid", "a"), equals("uid", "b")}) == "(|(uid=a)(uid=b))");
}

BOOST_AUTO_TEST_CASE(a_login_filter_gets_its_parts_escaped_and_its_parentheses) {
  BOOST_TEST(expand_login_filter("uid=%U", "a*", "x.test") == "(uid=a\\2a)");
  BOOST_TEST(expand_login_filter("(|(uid=%U)(mail=%U@%V))", "a", "x.test") == "(|(uid=a)(mail=a@x.test))");
  BOOST_TEST(expand_login_filter("cn=100%%", "a", "b") == "(cn=100%)");
}

BOOST_AUTO_TEST_SUITE_END()
