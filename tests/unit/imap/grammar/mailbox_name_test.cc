// SPDX-License-Identifier: Apache-2.0
// Modified UTF-7 (RFC 3501 section 5.1.3; catalogue I11) and LIST patterns (section 6.3.8; I13).
#include "imap/grammar/mailbox_name.h"

#include <boost/test/unit_test.hpp>

#include "imap/grammar/list_pattern.h"
#include "imap/grammar/utf8.h"

using namespace mailtree::imap;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(mailbox_name)

BOOST_AUTO_TEST_CASE(the_examples_of_the_rfc_decode_and_encode) {
  const std::pair<std::string, std::string> examples[] = {
      {"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e"},
      {"&Jjo-!", "\u263a!"},
      {"Tom &- Jerry", "Tom & Jerry"},
      {"Entw&APw-rfe", "Entw\u00fcrfe"},
      {"&2D3eAA-", "\U0001F600"},
      {"", ""},
  };
  for (const auto& [wire, utf8] : examples) {
    BOOST_TEST(decode_mailbox_name(wire).value_or("?") == utf8);
    BOOST_TEST(encode_mailbox_name(utf8) == wire);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_canonical_is_refused) {
  for (const std::string& bad : {"&AC8-"s, "&AC4-"s, "&AAA-"s, "&AGE-"s,        "&"s,      "&U,BTF"s, "&U,BTFx-"s,
                                 "&U-"s,   "&2D0-"s, "&3gA-"s, "&APw-&APY-"s,   "&APw=-"s, "&AP/-"s,  "a\0b"s,
                                 "a\rb"s,  "a\x7f"s, "\xC3"s,  "\xED\xA0\x80"s, "&A-"s,    "&AAAA-"s}) {
    BOOST_TEST(!decode_mailbox_name(bad).has_value(), bad);
  }
}

BOOST_AUTO_TEST_CASE(every_code_point_makes_the_round_trip) {
  for (char32_t c = 0x20; c <= 0x10FFFF; c += (c < 0x3000 ? 1 : 37)) {
    if ((c >= 0xD800 && c <= 0xDFFF) || c == 0x7F) continue;
    std::string name = "a";
    append_code_point(name, c);
    append_code_point(name, c);
    name += "&-";
    const auto decoded = decode_mailbox_name(encode_mailbox_name(name));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_REQUIRE(*decoded == name);
  }
}

BOOST_AUTO_TEST_CASE(every_run_of_three_base64_digits_decodes_only_if_it_is_what_we_would_write) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
  for (const char a : alphabet) {
    for (const char b : alphabet) {
      for (const char c : alphabet) {
        const std::string wire = "&"s + a + b + c + "-";
        const auto decoded = decode_mailbox_name(wire);
        if (decoded) BOOST_REQUIRE(encode_mailbox_name(*decoded) == wire);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(inbox_is_one_mailbox_in_any_case) {
  Decoder in("iNbOx");
  std::string name;
  BOOST_TEST(read_mailbox(in, name));
  BOOST_TEST(name == "INBOX");
  name = "inbox/a";
  normalize_inbox(name);
  BOOST_TEST(name == "INBOX/a");
  name = "inboxes";
  normalize_inbox(name);
  BOOST_TEST(name == "inboxes");
}

BOOST_AUTO_TEST_CASE(star_matches_all_and_percent_stops_at_the_separator) {
  BOOST_TEST(ListPattern("*").matches("a/b/c"));
  BOOST_TEST(ListPattern("%").matches("abc"));
  BOOST_TEST(!ListPattern("%").matches("a/b"));
  BOOST_TEST(ListPattern("a/%").matches("a/b"));
  BOOST_TEST(!ListPattern("a/%").matches("a/b/c"));
  BOOST_TEST(ListPattern("%/c").matches("b/c"));
  BOOST_TEST(!ListPattern("%/c").matches("a/b/c"));
  BOOST_TEST(ListPattern("*c").matches("a/b/c"));
  BOOST_TEST(ListPattern("a%*c").matches("a/b/c"));
  BOOST_TEST(!ListPattern("a").matches("ab"));
  BOOST_TEST(ListPattern("").matches(""));
  BOOST_TEST(ListPattern("inb%").matches("INBOX"));
  BOOST_TEST(ListPattern("inbox").matches("INBOX"));
  BOOST_TEST(!ListPattern("inb%").matches("INBOXES"));
}

BOOST_AUTO_TEST_CASE(many_wildcards_cost_no_more_than_few) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "*a%b";
  const ListPattern list(pattern);
  const std::string name(900, 'a');
  for (int i = 0; i < 100; ++i) BOOST_TEST(!list.matches(name));
}

BOOST_AUTO_TEST_SUITE_END()
