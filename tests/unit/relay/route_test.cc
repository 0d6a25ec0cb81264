// SPDX-License-Identifier: Apache-2.0
#include "relay/route.h"

#include <boost/test/unit_test.hpp>

#include "config/settings.h"

namespace mailtree::relay {
namespace {

config::Settings settings() {
  config::Settings s;
  s.host_name = "mx.alpha.test";
  s.relay.routes["fixed.test"] = {"192.0.2.9", 2525};
  s.listeners.smtp = {{"0.0.0.0", 24525}};
  return s;
}

std::vector<std::string> hosts(std::vector<net::MxRecord> records) {
  return order_mx(std::move(records), "mx.alpha.test", 1).hosts;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(route)

BOOST_AUTO_TEST_CASE(a_listed_domain_has_its_fixed_route) {
  const auto route = route_for(settings(), "", "fixed.test");
  BOOST_REQUIRE(route.has_value());
  BOOST_TEST((route->kind == Route::Kind::address && route->chosen));
  BOOST_TEST(route->host == "192.0.2.9");
  BOOST_TEST(route->port == 2525);
}

BOOST_AUTO_TEST_CASE(other_domains_go_by_mx_or_to_the_smart_host) {
  config::Settings s = settings();
  BOOST_TEST((route_for(s, "", "else.test")->kind == Route::Kind::mx));
  s.relay.smart_host = "smart.test:2526";
  const auto route = route_for(s, "", "else.test");
  BOOST_TEST((route->kind == Route::Kind::host && route->host == "smart.test" && route->port == 2526));
}

BOOST_AUTO_TEST_CASE(a_host_of_the_directory_may_carry_port_and_protocol) {
  const auto plain = route_for(settings(), "Back.Test", "alpha.test");
  BOOST_TEST((plain->kind == Route::Kind::host && plain->host == "back.test" && plain->port == 25));
  const auto lmtp = route_for(settings(), "lmtp:127.0.0.1:2400", "alpha.test");
  BOOST_TEST((lmtp->lmtp && lmtp->kind == Route::Kind::address && lmtp->port == 2400));
}

BOOST_AUTO_TEST_CASE(address_literals_are_addresses) {
  const auto v4 = route_for(settings(), "", "[192.0.2.1]");
  BOOST_TEST((v4 && v4->kind == Route::Kind::address && v4->host == "192.0.2.1" && !v4->chosen));
  const auto v6 = route_for(settings(), "", "[IPv6:2001:db8::1]");
  BOOST_TEST((v6 && v6->host == "2001:db8::1"));
}

// R05
BOOST_AUTO_TEST_CASE(names_that_are_none_have_no_route) {
  for (const char* domain : {"", ".", "a..b", "a b.test", "a\n.test", "[nonsense]"}) {
    BOOST_TEST(!route_for(settings(), "", domain).has_value(), domain);
  }
}

BOOST_AUTO_TEST_CASE(hosts_come_by_preference_and_equal_ones_in_any_order) {
  BOOST_TEST((hosts({{20, "b.test"}, {10, "a.test"}, {30, "c.test"}}) ==
              std::vector<std::string>{"a.test", "b.test", "c.test"}));
  std::vector<std::size_t> first(2);
  for (std::uint32_t random = 1; random < 200; ++random) {
    const auto choice = order_mx({{10, "a.test"}, {10, "b.test"}}, "mx.alpha.test", random);
    ++first[choice.hosts[0] == "a.test" ? 0 : 1];
  }
  BOOST_TEST(first[0] > 50U);
  BOOST_TEST(first[1] > 50U);
}

// R04
BOOST_AUTO_TEST_CASE(our_own_name_ends_the_list) {
  const std::vector<net::MxRecord> records = {{10, "a.test"}, {20, "MX.alpha.test"}, {20, "b.test"}, {30, "c.test"}};
  const auto middle = order_mx(records, "mx.alpha.test", 1);
  BOOST_TEST((middle.hosts == std::vector<std::string>{"a.test"}));
  const auto best = order_mx({{10, "mx.alpha.test"}, {20, "b.test"}}, "mx.alpha.test", 1);
  BOOST_TEST(best.hosts.empty());
  BOOST_TEST(best.self);
}

// RFC 7505
BOOST_AUTO_TEST_CASE(a_single_root_record_means_no_mail) {
  BOOST_TEST(order_mx({{0, ""}}, "mx.alpha.test", 1).null_mx);
  const auto both = order_mx({{0, ""}, {10, "a.test"}}, "mx.alpha.test", 1);
  BOOST_TEST(!both.null_mx);
  BOOST_TEST(both.hosts.size() == 1U);
}

BOOST_AUTO_TEST_CASE(addresses_that_lead_nowhere_or_here_are_known) {
  for (const char* address : {"0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"}) {
    BOOST_TEST(is_unusable(address), address);
  }
  BOOST_TEST(!is_unusable("192.0.2.1"));
  BOOST_TEST(is_loopback("127.3.4.5"));
  BOOST_TEST(is_loopback("::1"));
  BOOST_TEST(is_own_listener(settings(), "127.0.0.1", 24525));
  BOOST_TEST(!is_own_listener(settings(), "127.0.0.1", 25));
}

BOOST_AUTO_TEST_CASE(names_in_dns_records_are_parsed_strictly) {
  std::string name;
  using namespace std::string_literals;
  BOOST_TEST((net::parse_dns_name("\2MX\5alpha\4test\0"s, 0, name) && name == "mx.alpha.test"));
  BOOST_TEST((net::parse_dns_name("\0"s, 0, name) && name.empty()));
  for (const std::string& bad : {"\2mx"s, "\5mx\0"s, "\3a.b\0"s, "\300\14"s, "\2mx\0x"s, "\2m\n\0"s, ""s}) {
    BOOST_TEST(!net::parse_dns_name(bad, 0, name));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::relay
