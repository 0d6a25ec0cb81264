// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9, lexical part: what a decoder takes and what it refuses.
#include "imap/grammar/decoder.h"

#include <boost/test/unit_test.hpp>

#include "imap/grammar/command_head.h"
#include "imap/grammar/limits.h"

using namespace mailtree;
using namespace mailtree::imap;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(decoder)

BOOST_AUTO_TEST_CASE(an_astring_may_be_an_atom_a_quoted_string_or_a_literal) {
  Decoder in("ab]c \"q \\\"x\\\\\" {3}\r\na)b ~{2}\r\nxy {1+}\r\nz");
  std::string a, b, c, d, e;
  BOOST_TEST((in.astring(a) && in.space() && in.astring(b) && in.space() && in.astring(c) && in.space() &&
              in.astring(d) && in.space() && in.astring(e) && in.end()));
  BOOST_TEST(a == "ab]c");
  BOOST_TEST(b == "q \"x\\");
  BOOST_TEST(c == "a)b");
  BOOST_TEST(d == "xy");
  BOOST_TEST(e == "z");
}

BOOST_AUTO_TEST_CASE(nul_and_line_ends_and_8_bit_are_refused_in_quoted_strings_and_atoms) {
  for (const std::string& bad : {"\"a\0b\""s, "\"a\rb\""s, "\"a\nb\""s, "\"\xC3\xA4\""s, "\"a\\b\""s, "\"a"s, "\"a\\"s,
                                 "\0"s, "\xC3\xA4"s, ""s, "("s}) {
    Decoder in(bad);
    std::string out;
    BOOST_TEST(!in.astring(out), bad);
    BOOST_TEST(in.failed());
    BOOST_TEST((in.error().kind == Kind::protocol));
  }
}

BOOST_AUTO_TEST_CASE(after_login_quoted_strings_may_be_utf8_but_not_broken_utf8) {
  std::string out;
  BOOST_TEST(Decoder("\"\xC3\xA4\"", Quoting::utf8).string(out));
  BOOST_TEST(out == "\xC3\xA4");
  BOOST_TEST(!Decoder("\"\xC3\"", Quoting::utf8).string(out));
  BOOST_TEST(!Decoder("\xC3\xA4", Quoting::utf8).astring(out));
}

BOOST_AUTO_TEST_CASE(a_literal_may_not_be_longer_than_what_was_collected) {
  std::string out;
  BOOST_TEST(!Decoder("{4}\r\nabc").string(out));
  BOOST_TEST(!Decoder("{9223372036854775807}\r\nabc").string(out));
  BOOST_TEST(!Decoder("{3}abc").string(out));
  BOOST_TEST(!Decoder("{-1}\r\n").string(out));
  BOOST_TEST(!Decoder("{1}\r\n\0"s).string(out));
}

BOOST_AUTO_TEST_CASE(numbers_have_32_bits_and_no_sign) {
  std::uint32_t n = 0;
  BOOST_TEST((Decoder("4294967295").number(n) && n == 4294967295u));
  BOOST_TEST(!Decoder("4294967296").number(n));
  BOOST_TEST(!Decoder("-1").number(n));
  BOOST_TEST(!Decoder("").number(n));
  BOOST_TEST(!Decoder("0").nz_number(n));
}

BOOST_AUTO_TEST_CASE(an_nstring_may_be_nil_in_any_case) {
  std::optional<std::string> out = "x";
  BOOST_TEST((Decoder("nil").nstring(out) && !out));
  BOOST_TEST((Decoder("\"NIL\"").nstring(out) && out == "NIL"));
}

BOOST_AUTO_TEST_CASE(parentheses_are_bounded_in_depth) {
  const std::string text(1000, '(');
  Decoder in(text);
  std::size_t depth = 0;
  while (in.open()) ++depth;
  BOOST_TEST(depth == max_nesting);
}

BOOST_AUTO_TEST_CASE(a_command_begins_with_tag_and_verb) {
  Decoder in("a.1]: uid  FETCH");
  CommandHead head;
  BOOST_TEST(!read_command_head(in, head));
  Decoder good("a.1]: uid Fetch 1 FLAGS");
  BOOST_TEST(read_command_head(good, head));
  BOOST_TEST(head.tag == "a.1]:");
  BOOST_TEST(head.verb == "UID FETCH");
  BOOST_TEST(good.rest() == " 1 FLAGS");
}

BOOST_AUTO_TEST_CASE(a_tag_with_plus_star_or_excessive_length_is_refused) {
  for (const std::string& bad : {"+ NOOP"s, "* NOOP"s, "a+b NOOP"s, " NOOP"s, ""s, std::string(10240, 'x') + " NOOP"}) {
    Decoder in(bad);
    CommandHead head;
    BOOST_TEST(!read_command_head(in, head));
  }
}

BOOST_AUTO_TEST_SUITE_END()
