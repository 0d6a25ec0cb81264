// SPDX-License-Identifier: Apache-2.0
#include "smtp/address.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mailtree::smtp;

namespace {

std::string canonical(std::string_view text, PathKind kind = PathKind::forward) {
  const Parsed<Path> path = take_path(text, kind);
  if (const Reply* refusal = std::get_if<Reply>(&path)) return refusal->one_line().substr(0, 9);
  return std::get<Path>(path).print() + std::string(text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address)

BOOST_AUTO_TEST_CASE(a_forward_path_is_printed_in_its_canonical_form) {
  BOOST_TEST(canonical("<Ann@Example.ORG>") == "Ann@example.org");
  BOOST_TEST(canonical("<\"ann\"@example.org>") == "ann@example.org");
  BOOST_TEST(canonical("<\"a\\nn\"@example.org>") == "ann@example.org");
  BOOST_TEST(canonical("<\"a b\"@example.org>") == "\"a b\"@example.org");
  BOOST_TEST(canonical("<\"\"@example.org>") == "\"\"@example.org");
  BOOST_TEST(canonical("<\"\\\"\"@example.org>") == "\"\\\"\"@example.org");
  BOOST_TEST(canonical("<a@[192.0.2.1]>") == "a@[192.0.2.1]");
  BOOST_TEST(canonical("<a@[ipv6:2001:DB8:0::1]>") == "a@[IPv6:2001:db8::1]");
  BOOST_TEST(canonical("<a+b!#$%&'*/=?^_`{|}~@x>") == "a+b!#$%&'*/=?^_`{|}~@x");
}

BOOST_AUTO_TEST_CASE(what_follows_the_path_is_left_for_the_parameters) {
  BOOST_TEST(canonical("<a@b.example> SIZE=1") == "a@b.example SIZE=1");
  BOOST_TEST(canonical("<a@b.example>x") == "501 5.1.3");
}

BOOST_AUTO_TEST_CASE(a_source_route_is_accepted_and_ignored) {
  BOOST_TEST(canonical("<@a.example,@b.example:u@d.example>") == "u@d.example");
  BOOST_TEST(canonical("<@a.example:u@d.example>") == "u@d.example");
  BOOST_TEST(canonical("<@a.example>") == "501 5.1.3");
  BOOST_TEST(canonical("<@a.example,:u@d>") == "501 5.1.3");
  BOOST_TEST(canonical("<@:u@d>") == "501 5.1.3");
}

BOOST_AUTO_TEST_CASE(the_null_path_is_a_sender_and_never_a_recipient) {
  BOOST_TEST(canonical("<>", PathKind::reverse).empty());
  BOOST_TEST(canonical("<>") == "501 5.1.3");
}

BOOST_AUTO_TEST_CASE(postmaster_needs_no_domain_as_a_recipient) {
  BOOST_TEST(canonical("<PostMaster>") == "postmaster");
  BOOST_TEST(canonical("<postmaster>", PathKind::reverse) == "501 5.1.7");
  BOOST_TEST(canonical("<postmaster@x.example>") == "postmaster@x.example");
}

BOOST_AUTO_TEST_CASE(broken_addresses_are_refused_with_the_code_of_their_place) {
  const std::string long_local = "<" + std::string(65536, 'a') + "@b.example>";
  const std::string long_label = "<a@" + std::string(64, 'b') + ".example>";
  for (const std::string_view text : {std::string_view("a@b"),
                                      std::string_view(""),
                                      std::string_view("<"),
                                      std::string_view("<a@b"),
                                      std::string_view("<a>"),
                                      std::string_view("<a@>"),
                                      std::string_view("<@b>"),
                                      std::string_view("<.a@b>"),
                                      std::string_view("<a.@b>"),
                                      std::string_view("<a..b@c>"),
                                      std::string_view("<a b@c>"),
                                      std::string_view("<\"a@b>"),
                                      std::string_view("<\"a\\\"@b>"),
                                      std::string_view("<\"a\"b@c>"),
                                      std::string_view("<a@b.>"),
                                      std::string_view("<a@.b>"),
                                      std::string_view("<a@b..c>"),
                                      std::string_view("<a@-b>"),
                                      std::string_view("<a@b->"),
                                      std::string_view("<a@b_c>"),
                                      std::string_view("<a@b@c>"),
                                      std::string_view("<a@[1.2.3]>"),
                                      std::string_view("<a@[IPv6:zz]>"),
                                      std::string_view("<a@[]>"),
                                      std::string_view("<a@[1.2.3.4>"),
                                      std::string_view("<a(c)@b>"),
                                      std::string_view("<a@b>>"),
                                      std::string_view("<<a@b>>"),
                                      std::string_view(long_local),
                                      std::string_view(long_label)}) {
    BOOST_TEST(canonical(text) == "501 5.1.3", text.substr(0, 40));
    BOOST_TEST(canonical(text, PathKind::reverse) == "501 5.1.7", text.substr(0, 40));
  }
}

BOOST_AUTO_TEST_CASE(eight_bit_addresses_are_reported_and_checked_for_utf8) {
  std::string_view good = "<j\xc3\xb6rg@b\xc3\xbc.example>";
  const auto path = std::get<Path>(take_path(good, PathKind::forward));
  BOOST_TEST(path.has_8bit);
  BOOST_TEST(path.valid_utf8);
  std::string_view latin1 = "<j\xf6rg@b.example>";
  BOOST_TEST(!std::get<Path>(take_path(latin1, PathKind::forward)).valid_utf8);
}

BOOST_AUTO_TEST_CASE(overlong_surrogate_and_control_sequences_are_not_utf8) {
  BOOST_TEST(is_utf8("abc \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"));
  for (const char* text : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc2\x85", "\xc3", "\xe2\x82", "\x80", "\xff"})
    BOOST_TEST(!is_utf8(text));
}

BOOST_AUTO_TEST_CASE(printing_and_parsing_again_changes_nothing) {
  for (const std::string local : {"a", "a.b", "a..b", ".a", "", "a b", "a\"b", "a\\b", "a@b", "<>", "a>b"}) {
    const Address made{local, "x.example"};
    const auto again = parse_address(made.print());
    BOOST_REQUIRE(again.has_value());
    BOOST_TEST(again->local == local);
    BOOST_TEST(again->print() == made.print());
  }
}

BOOST_AUTO_TEST_SUITE_END()
