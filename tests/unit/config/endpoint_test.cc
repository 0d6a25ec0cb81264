// SPDX-License-Identifier: Apache-2.0
// Addresses and networks in settings.
#include "config/endpoint.h"

#include <boost/test/unit_test.hpp>

using mailtree::config::Network;
using mailtree::config::parse_endpoint;

BOOST_AUTO_TEST_CASE(an_address_with_its_port_is_read_and_printed_alike) {
  for (const char* text : {"127.0.0.1:25", "[::1]:2525", "mail.example.org:587", "0.0.0.0:0"}) {
    const auto endpoint = parse_endpoint(text);
    BOOST_REQUIRE(endpoint.has_value());
    BOOST_TEST(endpoint->text() == text);
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
  for (const char* text : {"", ":", ":25", "127.0.0.1", "127.0.0.1:", "::1:25", "[::1:25", "[]:25", "h:65536", "h:-1",
                           "h:2 5", "[name]:25"}) {
    BOOST_TEST(!parse_endpoint(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_network_contains_its_addresses_and_no_others) {
  const auto loopback = Network::parse("127.0.0.0/8");
  BOOST_REQUIRE(loopback.has_value());
  BOOST_TEST(loopback->contains("127.0.0.1"));
  BOOST_TEST(loopback->contains("127.255.0.9"));
  BOOST_TEST(loopback->contains("::ffff:127.0.0.1"));
  BOOST_TEST(!loopback->contains("128.0.0.1"));
  BOOST_TEST(!loopback->contains("::1"));
  BOOST_TEST(!loopback->contains("localhost"));
  BOOST_TEST(!loopback->contains(""));
  const auto odd = Network::parse("10.1.2.128/25");
  BOOST_REQUIRE(odd.has_value());
  BOOST_TEST(odd->contains("10.1.2.129"));
  BOOST_TEST(!odd->contains("10.1.2.127"));
  const auto six = Network::parse("2001:db8::/33");
  BOOST_REQUIRE(six.has_value());
  BOOST_TEST(six->contains("2001:db8:7fff::1"));
  BOOST_TEST(!six->contains("2001:db8:8000::1"));
  const auto one = Network::parse("192.0.2.7");
  BOOST_REQUIRE(one.has_value());
  BOOST_TEST(one->contains("192.0.2.7"));
  BOOST_TEST(!one->contains("192.0.2.6"));
}

BOOST_AUTO_TEST_CASE(a_network_with_a_wrong_prefix_is_refused) {
  for (const char* text : {"127.0.0.0/33", "::/129", "127.0.0.0/", "127.0.0.0/-1", "name/8", ""}) {
    BOOST_TEST(!Network::parse(text).has_value(), text);
  }
}
