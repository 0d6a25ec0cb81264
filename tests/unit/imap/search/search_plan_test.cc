// SPDX-License-Identifier: Apache-2.0
// SEARCH programs against rows and messages (RFC 3501 section 6.4.4).
#include "imap/search/search_plan.h"

#include <boost/test/unit_test.hpp>

using namespace mailtree;
using namespace mailtree::imap;

namespace {

const std::string message =
    "Date: Tue, 1 Feb 1994 23:30:00 -0800\r\n"
    "From: =?utf-8?q?J=C3=BCrgen?= <j@example.test>\r\n"
    "Subject: Hello\r\n  World\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    "Gr=FC=DFe aus K=F6ln\r\n";

struct Fixture {
  store::FolderRow folder;
  store::MessageRow row;
  Fixture() {
    folder.keywords = {"$Junk", "work"};
    row.uid = 20;
    row.flags = store::flag::seen;
    row.keywords.set(1);
    row.internal_date = 760147200;  // 1994-02-02 00:00 UTC
    row.size = row.crlf_size = message.size();
  }

  bool matches(const std::string& keys) {
    const std::string text = " " + keys;
    Decoder in(text, Quoting::utf8);
    SearchProgram program;
    BOOST_REQUIRE_MESSAGE(read_search_program(in, program), keys);
    MailboxView view(folder, false, 20);
    for (const store::Uid uid : {10u, 20u, 30u}) view.add(uid);
    const SearchPlan plan = SearchPlan::make(program, view, folder);
    const RowFacts facts{&row, 2, true};
    const SearchPlan::Truth by_row = plan.match(facts);
    MessageText body(message);
    const bool with_message = plan.match(facts, body);
    // What the row decides alone the message may not change.
    if (by_row != SearchPlan::Truth::needs_message)
      BOOST_TEST((by_row == SearchPlan::Truth::yes) == with_message, keys);
    return with_message;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(search_plan, Fixture)

BOOST_AUTO_TEST_CASE(flags_keywords_and_numbers_are_decided_by_the_row) {
  for (const char* yes : {"ALL",
                          "SEEN",
                          "NOT ANSWERED",
                          "UNDELETED",
                          "KEYWORD WORK",
                          "UNKEYWORD $Junk",
                          "UNKEYWORD x",
                          "RECENT",
                          "NOT NEW",
                          "NOT OLD",
                          "2",
                          "1:*",
                          "UID 20",
                          "UID 15:25",
                          "LARGER 10",
                          "SMALLER 10000",
                          "OR UNSEEN 2",
                          "(SEEN RECENT)",
                          "UID 20 2",
                          "NOT UID 30:*"}) {
    BOOST_TEST(matches(yes), yes);
  }
  for (const char* no : {"UNSEEN", "KEYWORD $junk", "KEYWORD x", "NEW", "OLD", "1", "3:4294967295", "UID 10",
                         "UID 30:*", "LARGER 10000", "OR UNSEEN 1", "SEEN 1"}) {
    BOOST_TEST(!matches(no), no);
  }
}

BOOST_AUTO_TEST_CASE(object_ids_are_compared_whole_and_in_their_case) {
  row.unique.fill(0);
  row.thread = 0x64b478a75b7ea9;
  for (const char* yes : {"EMAILID Maaaaaaaaaaaaaaaaaaaa", "threadid T0064b478a75b7ea9", "NOT THREADID T0",
                          "OR EMAILID x THREADID T0064b478a75b7ea9"}) {
    BOOST_TEST(matches(yes), yes);
  }
  for (const char* no : {"EMAILID MAAAAAAAAAAAAAAAAAAAA", "THREADID t0064b478a75b7ea9",
                         "THREADID Maaaaaaaaaaaaaaaaaaaa", "EMAILID Maaaaaaaaaaaaaaaaaaa"}) {
    BOOST_TEST(!matches(no), no);
  }
  row.thread = store::unknown_thread;
  BOOST_TEST(!matches("THREADID T0000000000000000"));
}

BOOST_AUTO_TEST_CASE(dates_disregard_time_and_zone) {
  BOOST_TEST(matches("ON 2-Feb-1994"));
  BOOST_TEST(matches("SINCE 2-Feb-1994"));
  BOOST_TEST(!matches("BEFORE 2-Feb-1994"));
  BOOST_TEST(matches("BEFORE 3-Feb-1994"));
  BOOST_TEST(matches("SENTON 1-Feb-1994"));
  BOOST_TEST(matches("SENTSINCE 1-Feb-1994"));
  BOOST_TEST(matches("SENTBEFORE 2-Feb-1994"));
  BOOST_TEST(!matches("SENTON 2-Feb-1994"));
}

BOOST_AUTO_TEST_CASE(words_are_found_decoded_and_in_any_case) {
  for (const char* yes : {"SUBJECT \"hello  world\"", "FROM J\xC3\x9CRGEN", "HEADER subject \"\"",
                          "BODY \"GR\xC3\x9C\xC3\x9F\"", "BODY k\xC3\xB6ln", "TEXT world", "TEXT gr\xC3\xBCsse",
                          "NOT BODY hello", "NOT HEADER X-None \"\"", "BODY \"\"", "TEXT \"\""}) {
    std::string keys(yes);
    // Atoms are 7 bit: such words travel as quoted strings.
    if (keys.find('"') == std::string::npos)
      keys = keys.substr(0, keys.rfind(' ') + 1) + '"' + keys.substr(keys.rfind(' ') + 1) + '"';
    BOOST_TEST(matches(keys), keys);
  }
  for (const char* no : {"SUBJECT \"hallo\"", "FROM \"k\xC3\xB6ln\"", "HEADER Cc \"\"", "BODY \"hello\"", "TO \"j\""}) {
    BOOST_TEST(!matches(no), no);
  }
}

BOOST_AUTO_TEST_CASE(the_row_is_enough_where_it_decides_and_sets_bound_the_walk) {
  const std::string text = " 1:2 UNSEEN BODY \"x\"";
  Decoder in(text);
  SearchProgram program;
  BOOST_REQUIRE(read_search_program(in, program));
  MailboxView view(folder, false, 1);
  for (store::Uid uid = 10; uid < 20; ++uid) view.add(uid);
  const SearchPlan plan = SearchPlan::make(program, view, folder);
  BOOST_TEST((plan.match({&row, 2, true}) == SearchPlan::Truth::no));
  BOOST_TEST((plan.needs() == SearchPlan::Needs::body));
  BOOST_REQUIRE(plan.candidates().size() == 1u);
  BOOST_TEST(plan.candidates()[0].count == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
