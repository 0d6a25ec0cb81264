// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/mail_address.h"

#include <boost/test/unit_test.hpp>

using namespace mailtree::ldapauth;

BOOST_AUTO_TEST_SUITE(mail_address)

BOOST_AUTO_TEST_CASE(the_domain_is_folded_and_the_local_part_is_kept) {
  const auto address = parse_address("User.Name@Alpha.TEST.");
  BOOST_REQUIRE(address);
  BOOST_TEST(address->local == "User.Name");
  BOOST_TEST(address->domain == "alpha.test");
}

BOOST_AUTO_TEST_CASE(quotes_around_a_local_part_are_not_part_of_it) {
  BOOST_TEST(parse_address("\"a b\\\"c\"@x.test")->local == "a b\"c");
  BOOST_TEST(parse_address("\"a@b\"@x.test")->local == "a@b");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_an_address_is_refused) {
  for (const char* text : {"", "@x.test", "a@", "a\nb@x.test", "a@x\x7f.test"}) BOOST_TEST(!parse_address(text));
  BOOST_TEST(!parse_address(std::string_view("a\0b@x.test", 10)));
  BOOST_TEST(!parse_address(std::string(65, 'a') + "@x.test"));
}

BOOST_AUTO_TEST_CASE(a_name_without_a_domain_has_none) { BOOST_TEST(parse_address("postmaster")->domain.empty()); }

BOOST_AUTO_TEST_CASE(a_subaddress_needs_a_name_and_a_detail) {
  const auto subaddress = split_subaddress("user+folder+x");
  BOOST_REQUIRE(subaddress);
  BOOST_TEST(subaddress->name == "user");
  BOOST_TEST(subaddress->detail == "folder+x");
  for (const char* local : {"user", "user+", "+folder"}) BOOST_TEST(!split_subaddress(local));
}

BOOST_AUTO_TEST_SUITE_END()
