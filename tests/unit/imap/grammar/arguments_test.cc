// SPDX-License-Identifier: Apache-2.0
// Arguments of commands: sequence sets, flags, dates, sections, FETCH items, SEARCH programs, ID (RFC 3501, 2971).
#include <boost/test/unit_test.hpp>

#include "imap/grammar/date.h"
#include "imap/grammar/encoder.h"
#include "imap/grammar/fetch_item.h"
#include "imap/grammar/flag.h"
#include "imap/grammar/id_parameters.h"
#include "imap/grammar/limits.h"
#include "imap/grammar/search_key.h"
#include "imap/grammar/status_item.h"

using namespace mailtree;
using namespace mailtree::imap;

namespace {

std::vector<NumberRange> ranges(const char* text, std::uint32_t largest) {
  Decoder in(text);
  SequenceSet set;
  BOOST_REQUIRE(read_sequence_set(in, set) && in.end());
  return set.resolve(largest);
}

bool is_set(const char* text) {
  Decoder in(text);
  SequenceSet set;
  return read_sequence_set(in, set) && in.end();
}

std::vector<FetchItem> items(const std::string& text) {
  Decoder in(text);
  std::vector<FetchItem> out;
  BOOST_REQUIRE_MESSAGE(read_fetch_items(in, out) && in.end(), text);
  return out;
}

bool is_fetch(const std::string& text) {
  Decoder in(text);
  std::vector<FetchItem> out;
  return read_fetch_items(in, out) && in.end();
}

Result<SearchKey> search(const std::string& text) {
  const std::string with_space = " " + text;
  Decoder in(with_space);
  SearchProgram program;
  if (!read_search_program(in, program)) return in.error();
  return program.key;
}

std::int64_t seconds(const char* text) {
  Decoder in(text);
  std::int64_t out = -1;
  BOOST_REQUIRE_MESSAGE(read_date_time(in, out) && in.end(), text);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(arguments)

BOOST_AUTO_TEST_CASE(sequence_sets_are_sorted_and_merged) {
  using R = std::vector<NumberRange>;
  BOOST_TEST((ranges("2,4:7,9,12:*", 15) == R{{2, 2}, {4, 7}, {9, 9}, {12, 15}}));
  BOOST_TEST((ranges("*:4,5:7", 10) == R{{4, 10}}));
  BOOST_TEST((ranges("3291:*", 100) == R{{100, 3291}}));
  BOOST_TEST((ranges("1:4294967295,5,1:*", 10) == R{{1, 4294967295}}));
  BOOST_TEST((ranges("1,2,3,5", 10) == R{{1, 3}, {5, 5}}));
  BOOST_TEST((ranges("*", 0).empty()));
  for (const char* bad : {"0", "4294967296", "1:0", "", "1,", ",1", "1:", "a", "1:2:3", "-1", "01"})
    BOOST_TEST(!is_set(bad), bad);
  const auto found = ranges("2:3,7", 9);
  BOOST_TEST((contains(found, 2) && contains(found, 3) && contains(found, 7)));
  BOOST_TEST((!contains(found, 1) && !contains(found, 4) && !contains(found, 8)));
}

BOOST_AUTO_TEST_CASE(uid_sets_keep_their_order) {
  std::string out;
  append_uid_set(out, {304, 319, 320, 5, 6, 7});
  BOOST_TEST(out == "304,319:320,5:7");
}

BOOST_AUTO_TEST_CASE(flags_are_bits_and_keywords_are_kept_once) {
  Decoder in("(\\seen \\DELETED $Junk foo $junk)");
  FlagList flags;
  BOOST_TEST(read_flag_list(in, flags));
  BOOST_TEST(flags.system == (flag_bit::seen | flag_bit::deleted));
  BOOST_TEST((flags.keywords == std::vector<std::string>{"$Junk", "foo"}));
  for (const char* bad : {"(\\Recent)", "(\\*)", "(\\Foo)", "(a b", "(a  b)", "(\"a\")"}) {
    Decoder broken(bad);
    BOOST_TEST(!read_flag_list(broken, flags), bad);
  }
  Decoder empty("()");
  BOOST_TEST((read_flag_list(empty, flags) && empty.end()));
  Decoder bare("\\Seen x");
  BOOST_TEST((read_store_flags(bare, flags) && bare.end()));
}

BOOST_AUTO_TEST_CASE(date_times_are_read_and_written) {
  BOOST_TEST(seconds("\"17-Jul-1996 02:44:25 -0700\"") == 837596665);
  BOOST_TEST(seconds("\" 1-Jan-1970 00:00:00 +0000\"") == 0);
  BOOST_TEST(seconds("\"01-jan-1970 01:00:00 +0100\"") == 0);
  for (const char* bad : {"\"31-Feb-1996 02:44:25 -0700\"", "\"17-Jul-1996 24:44:25 -0700\"", "\"17-Jul-1996\"",
                          "17-Jul-1996", "\"17-Jul-1996 02:44:25 0700\"", "\"17-Jul-1996 02:44:25 -0700x\""}) {
    Decoder in(bad);
    std::int64_t out = 0;
    BOOST_TEST(!read_date_time(in, out), bad);
  }
  for (const std::int64_t t : {0LL, 837596665LL, -1LL, 951782400LL, 4102444799LL}) {
    std::string text;
    append_date_time(text, t);
    BOOST_TEST(seconds(text.c_str()) == t);
  }
  std::string text;
  append_date_time(text, 837596665);
  BOOST_TEST(text == "\"17-Jul-1996 09:44:25 +0000\"");
}

BOOST_AUTO_TEST_CASE(fetch_macros_are_expanded_and_repetitions_dropped) {
  BOOST_TEST(items("ALL").size() == 4u);
  BOOST_TEST(items("fast").size() == 3u);
  BOOST_TEST(items("Full").size() == 5u);
  BOOST_TEST(items("(BODY[] BODY[] FLAGS BODY[] UID)").size() == 3u);
  BOOST_TEST((items("BODY")[0].kind == FetchItem::Kind::body));
  BOOST_TEST((items("BODYSTRUCTURE")[0].kind == FetchItem::Kind::body_structure));
  BOOST_TEST((items("RFC822")[0].kind == FetchItem::Kind::rfc822));
  BOOST_TEST((items("rfc822.size")[0].kind == FetchItem::Kind::size));
}

BOOST_AUTO_TEST_CASE(sections_are_taken_apart_and_repeated) {
  for (const char* text : {"[]", "[1]", "[1.2.3]", "[HEADER]", "[4.2.2.1]", "[TEXT]", "[1.MIME]", "[3.HEADER]",
                           "[HEADER.FIELDS (DATE FROM)]", "[2.HEADER.FIELDS.NOT (\"x y\")]"}) {
    const auto found = items("BODY.PEEK" + std::string(text) + "<5.10>");
    BOOST_REQUIRE(found.size() == 1u);
    BOOST_TEST(found[0].peek);
    BOOST_TEST((found[0].partial && found[0].partial->offset == 5 && found[0].partial->count == 10));
    std::string out;
    append_section(out, found[0].section);
    BOOST_TEST(out == text);
  }
  BOOST_TEST(!items("BODY[1]")[0].peek);
  for (const char* bad : {"BODY[MIME]", "BODY[0]", "BODY[1.]", "BODY[.1]", "BODY[FOO]", "BODY[HEADER.FIELDS ()]",
                          "BODY[]<0.0>", "BODY[]<4294967296.1>", "BODY[]<-1.1>", "BODY[]<1>", "BODY[", "(", "()",
                          "(FLAGS", "(ALL)", "FLAGS UID", "BODYX", "(FLAGS  UID)"}) {
    BOOST_TEST(!is_fetch(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(sections_are_bounded) {
  std::string deep = "BODY[1";
  for (int i = 0; i < 10000; ++i) deep += ".1";
  BOOST_TEST(!is_fetch(deep + "]"));
  std::string wide = "BODY[HEADER.FIELDS (a";
  for (int i = 0; i < 100000; ++i) wide += " a";
  BOOST_TEST(!is_fetch(wide + ")]"));
}

BOOST_AUTO_TEST_CASE(search_examples_of_the_rfc_are_understood) {
  const auto key = search("FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"");
  BOOST_REQUIRE(key);
  BOOST_REQUIRE(key->children.size() == 3u);
  BOOST_TEST((key->children[0].kind == SearchKey::Kind::flag));
  BOOST_TEST((key->children[1].kind == SearchKey::Kind::since && key->children[1].day == 8797));
  BOOST_TEST((key->children[2].kind == SearchKey::Kind::negation));
  BOOST_TEST(key->children[2].children[0].text == "Smith");
  BOOST_TEST(bool(search("CHARSET UTF-8 TEXT {6}\r\nXXXXXX")));
  BOOST_TEST(bool(search("OR (SEEN NEW) 1:3,* UID 7 LARGER 0 HEADER x \"\"")));
  BOOST_TEST(bool(search("ON \"1-Feb-1994\"")));
  for (const char* bad :
       {"", "FOO", "OR SEEN", "NOT", "(SEEN", "SEEN )", "SINCE x", "UID a", "SEEN  SEEN", "CHARSET", "KEYWORD"}) {
    BOOST_TEST(!search(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(object_ids_are_letters_digits_underscores_and_dashes) {
  const auto key = search("EMAILID M6d99_ac-3275bb4e");
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST(key->children.at(0).text == "M6d99_ac-3275bb4e");
  BOOST_TEST(search("THREADID " + std::string(255, 'T')).has_value());
  for (const std::string wrong : {"EMAILID", "EMAILID ", "EMAILID a.b", "EMAILID \"M6d\"", "THREADID T*"}) {
    BOOST_TEST(!search(wrong).has_value(), wrong);
  }
  BOOST_TEST(!search("THREADID " + std::string(256, 'T')).has_value());
}

BOOST_AUTO_TEST_CASE(search_is_bounded_in_depth_and_size) {
  const auto repeat = [](const std::string& text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  BOOST_TEST(bool(search(repeat("NOT ", 60) + "SEEN")));
  const auto deep = search(repeat("NOT ", 70) + "SEEN");
  BOOST_REQUIRE(!deep);
  BOOST_TEST((deep.error().condition == Condition::limit));
  BOOST_TEST(!search(repeat("(", 100000)));
  const auto many = search(repeat("SEEN ", 1000) + "SEEN");
  BOOST_REQUIRE(!many);
  BOOST_TEST((many.error().condition == Condition::limit));
}

BOOST_AUTO_TEST_CASE(status_and_id_are_read) {
  std::uint32_t wanted = 0;
  Decoder status("(messages UIDNEXT MailboxId)");
  BOOST_TEST(read_status_items(status, wanted));
  BOOST_TEST(wanted == (status_item::messages | status_item::uidnext | status_item::mailbox_id));
  IdParameters parameters;
  Decoder id("(\"name\" \"sodr\" \"version\" \"19.34\" \"vendor\" NIL)");
  BOOST_TEST((read_id_parameters(id, parameters) && id.end()));
  BOOST_TEST(describe_id(parameters) == "name=sodr version=19.34");
  Decoder nil("NIL");
  BOOST_TEST((read_id_parameters(nil, parameters) && nil.end()));
}

BOOST_AUTO_TEST_CASE(strings_are_quoted_where_possible_and_literals_elsewhere) {
  std::string out;
  append_string(out, "a \"b\" \\c");
  BOOST_TEST(out == "\"a \\\"b\\\" \\\\c\"");
  out.clear();
  append_string(out, "\xC3\xA4");
  BOOST_TEST(out == "{2}\r\n\xC3\xA4");
  out.clear();
  append_nstring(out, std::nullopt);
  append_nstring(out, "");
  BOOST_TEST(out == "NIL\"\"");
}

BOOST_AUTO_TEST_SUITE_END()
