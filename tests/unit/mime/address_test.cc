// SPDX-License-Identifier: Apache-2.0
#include "mime/address.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "mime/envelope.h"
#include "mime/limits.h"

using namespace mailtree::mime;
using namespace std::string_view_literals;

namespace {

// One line an address: name|route|mailbox|host, groups as {name and }.
std::string shown(std::string_view value) {
  std::string out;
  for (const Address& address : parse_addresses(value)) {
    if (!out.empty()) out += "; ";
    if (address.kind == Address::Kind::group_begin)
      out += "{" + address.name;
    else if (address.kind == Address::Kind::group_end)
      out += "}";
    else
      out += address.name + "|" + address.route + "|" + address.mailbox + "|" + address.host;
  }
  return out;
}

struct Case {
  const char* value;
  const char* expected;
};

}  // namespace

BOOST_AUTO_TEST_CASE(address_lists_are_taken_apart) {
  const Case cases[] = {
      {"", ""},
      {" , ,", ""},
      {"a@alpha.test", "||a|alpha.test"},
      {"Ann Bee <a@alpha.test>", "Ann Bee||a|alpha.test"},
      {"\"Bee, Ann\" <a@alpha.test>, b@beta.test", "Bee, Ann||a|alpha.test; ||b|beta.test"},
      {"a@alpha.test (Ann (the first))", "Ann (the first)||a|alpha.test"},
      {"Ann (x) <a@alpha.test>", "Ann||a|alpha.test"},
      {"<a@alpha.test>", "||a|alpha.test"},
      {"<@one.test,@two.test:a@alpha.test>", "|@one.test,@two.test|a|alpha.test"},
      {"\"quoted local\"@alpha.test", "||quoted local|alpha.test"},
      {"\"a\\\"b\\\\c\"@alpha.test", "||a\"b\\c|alpha.test"},
      {"a . b @ alpha . test", "||a.b|alpha.test"},
      {"a@[192.0.2.1]", "||a|[192.0.2.1]"},
      {"team: a@alpha.test, b@beta.test;", "{team; ||a|alpha.test; ||b|beta.test; }"},
      {"Undisclosed recipients:;", "{Undisclosed recipients; }"},
      {"open: a@alpha.test", "{open; ||a|alpha.test; }"},
      {"one:; , two: b@beta.test;, c@alpha.test", "{one; }; {two; ||b|beta.test; }; ||c|alpha.test"},
      {"=?utf-8?q?Ann=20B?= <a@alpha.test>", "=?utf-8?q?Ann=20B?=||a|alpha.test"},
      {"J. Doe <j@alpha.test>", "J. Doe||j|alpha.test"},
      {"a@alpha.test <a@alpha.test>", "a@alpha.test||a|alpha.test"},
      {"root", "||root|"},
      {"Ann\r\n Bee\r\n <a@alpha.test>", "Ann Bee||a|alpha.test"},
      {"\xc3\xa9va@\xc3\xa9.test", "||\xc3\xa9va|\xc3\xa9.test"},
      {"<a@alpha.test, b@beta.test", "||a|alpha.test; ||b|beta.test"},
      {"<>", ""},
      {"a@", "||a|"},
      {"@", ""},
      {">>) ] a@alpha.test, b@beta.test", "||b|beta.test"},
  };
  for (const Case& item : cases)
    BOOST_TEST(shown(item.value) == item.expected, item.value << " gave " << shown(item.value));
}

// M07: a comment that ends in a backslash, an open quote, an open group, at every octet
BOOST_AUTO_TEST_CASE(headers_cut_anywhere_are_read_within_their_bounds) {
  const std::string value =
      "Ann (co\\)mment (deep\\\\)) <@r.test,@s.test:\"lo\\\"cal\"@[192.0.2.1]>, team: \"x\\\\\" <y@z.test>, q@r;, e\\ "
      "(\\";
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const std::string cut = value.substr(0, i);  // its own allocation: reading past the end is seen
    BOOST_TEST(parse_addresses(cut).size() <= 8U);
  }
}

BOOST_AUTO_TEST_CASE(no_address_holds_line_ends_or_nul) {
  const std::string_view value = "a\r\nb \"c\r\nd\0\" <e\r\n@f\0g> (h\r\ni\0)"sv;
  for (const Address& address : parse_addresses(value))
    for (const std::string& text : {address.name, address.route, address.mailbox, address.host})
      BOOST_TEST(text.find_first_of("\r\n\0"sv) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_number_of_addresses_is_bounded) {
  std::string value;
  for (int i = 0; i < 20000; ++i) value += "a@b,";
  BOOST_TEST(parse_addresses(value).size() == max_addresses);
}

BOOST_AUTO_TEST_CASE(local_parts_are_quoted_where_needed) {
  Address address;
  address.host = "alpha.test";
  address.mailbox = "a.b+c";
  BOOST_TEST(format_address(address) == "a.b+c@alpha.test");
  address.mailbox = "a b\"c";
  BOOST_TEST(format_address(address) == "\"a b\\\"c\"@alpha.test");
  address.mailbox = ".a";
  BOOST_TEST(format_address(address) == "\".a\"@alpha.test");
  address.mailbox = "";
  BOOST_TEST(format_address(address) == "\"\"@alpha.test");
}

BOOST_AUTO_TEST_CASE(the_envelope_has_defaults_and_joins_destinations) {
  const Envelope envelope = read_envelope(
      "From: a@alpha.test\r\nFrom: second@alpha.test\r\nTo: b@beta.test\r\nTo: c@beta.test\r\nSender:\r\n"
      "Subject: one\r\n two\r\nSubject: three\r\nMessage-ID: <x@y>\r\nDate: Thu, 1 Jan 1970 00:00:00 +0000\r\n\r\n");
  BOOST_TEST(envelope.from.size() == 1U);
  BOOST_TEST((envelope.sender == envelope.from));
  BOOST_TEST((envelope.reply_to == envelope.from));
  BOOST_TEST(envelope.to.size() == 2U);
  BOOST_TEST(*envelope.subject == "one two");
  BOOST_TEST(*envelope.message_id == "<x@y>");
  BOOST_TEST(!envelope.in_reply_to);
  BOOST_TEST(envelope.cc.empty());
}
