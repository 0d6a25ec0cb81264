// SPDX-License-Identifier: Apache-2.0
#include "mime/header.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "mime/header_edit.h"
#include "mime/limits.h"

using namespace mailtree::mime;
using namespace std::string_view_literals;

namespace {

const std::string block =
    "From mbox@alpha.test Sat Jan  3 01:05:34 2026\r\n"
    "From: a@alpha.test\r\n"
    "Subject : folded\r\n"
    "\tover two\r\n"
    "no field\r\n"
    "Bcc: hidden@alpha.test,\r\n"
    " more@alpha.test\r\n"
    "X-Empty:\r\n"
    "bcc: again@alpha.test\r\n"
    "\r\n";

std::string selected(std::string_view text, const std::vector<std::string>& names, bool excluded) {
  std::string out;
  for (const Range& range : select_fields(text, names, excluded)) out += text.substr(range.begin, range.size());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(fields_are_found_without_regard_to_case_and_rubbish) {
  std::vector<std::string> names;
  FieldCursor cursor(block);
  while (const auto field = cursor.next()) names.emplace_back(field->name);
  const std::vector<std::string> expected = {"From", "Subject", "Bcc", "X-Empty", "bcc"};
  BOOST_TEST(names == expected);
  BOOST_TEST(unfold(find_field(block, "subject")->value) == "folded\tover two");
  BOOST_TEST(unfold(find_field(block, "x-empty")->value) == "");
  BOOST_TEST(!find_field(block, "To"));
}

BOOST_AUTO_TEST_CASE(unfolding_leaves_no_line_ends_and_no_nul) {
  BOOST_TEST(unfold(" a\r\n b\n\tc\rd\0e \r\n"sv) == "a b\tcde");
}

BOOST_AUTO_TEST_CASE(the_header_ends_behind_the_empty_line) {
  BOOST_TEST(header_block(block + "body\r\n\r\n") == block);
  BOOST_TEST(header_block("A: b\n\nbody") == "A: b\n\n");
  BOOST_TEST(header_block("\nbody") == "\n");
  BOOST_TEST(header_block("A: b") == "A: b");
  BOOST_TEST(header_block("") == "");
}

BOOST_AUTO_TEST_CASE(selected_fields_come_in_order_with_the_empty_line) {
  BOOST_TEST(selected(block, {"X-EMPTY", "from", "nothing"}, false) == "From: a@alpha.test\r\nX-Empty:\r\n\r\n");
  BOOST_TEST(selected(block, {"BCC", "subject", "x-empty"}, true) == "From: a@alpha.test\r\n\r\n");
  BOOST_TEST(selected(block, {}, false) == "\r\n");
  BOOST_TEST(selected("A: b\n", {"a"}, false) == "A: b\n");
  BOOST_TEST(select_fields("A: b\nB: c\n\n", {"a", "b"}, false).size() == 1U);
}

BOOST_AUTO_TEST_CASE(parsers_look_at_the_first_mebibyte_of_a_header_only) {
  const std::string filler(max_header_view - 5, 'x');
  const std::string big = "X: " + filler + "\nSubject: too far\n\n";
  BOOST_TEST(!find_field(big, "subject"));
  BOOST_TEST(header_view(big).size() == max_header_view - 1);
  BOOST_TEST(header_view("A: b\n").size() == 5U);
  BOOST_TEST(selected(big, {"subject"}, false) == "Subject: too far\n\n");
}

BOOST_AUTO_TEST_CASE(submission_learns_what_is_missing_and_takes_all_bcc_out) {
  const HeaderFacts facts = inspect_header(block);
  BOOST_TEST(facts.has_from);
  BOOST_TEST(!facts.has_date);
  BOOST_TEST(!facts.has_message_id);
  BOOST_TEST(facts.has_blank_line);
  BOOST_TEST(facts.bcc.size() == 2U);
  const std::string edited = without(block, facts.bcc);
  BOOST_TEST(edited.find("hidden") == std::string::npos);
  BOOST_TEST(edited.find("more@") == std::string::npos);
  BOOST_TEST(edited.find("again") == std::string::npos);
  BOOST_TEST(edited.ends_with("X-Empty:\r\n\r\n"));
}
