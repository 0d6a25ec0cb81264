// SPDX-License-Identifier: Apache-2.0
#include "smtp/header_editor.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mailtree::smtp;

namespace {

std::string edit(std::string_view content, std::size_t piece) {
  HeaderEditor editor({"DATE", "<id@x>", ""});
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += piece) editor.feed(content.substr(at, piece), out);
  editor.finish(out);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(header_editor)

BOOST_AUTO_TEST_CASE(missing_date_and_message_id_are_added_at_the_end_of_the_header) {
  for (const std::size_t piece : {1U, 2U, 5U, 1000U})
    BOOST_TEST(edit("Subject: x\r\n\r\nDate: body\r\n", piece) ==
               "Subject: x\r\nDate: DATE\r\nMessage-ID: <id@x>\r\n\r\nDate: body\r\n");
}

BOOST_AUTO_TEST_CASE(a_whole_header_stays_as_it_is) {
  const std::string whole = "date : x\r\nMESSAGE-id: <y>\r\nFrom: z\r\n\r\nbody\r\n";
  for (const std::size_t piece : {1U, 3U, 1000U}) BOOST_TEST(edit(whole, piece) == whole);
}

BOOST_AUTO_TEST_CASE(blind_recipients_are_removed_with_their_folded_lines) {
  for (const std::size_t piece : {1U, 3U, 1000U})
    BOOST_TEST(edit("Date: x\r\nBcc: a,\r\n b\r\nMessage-ID: <y>\r\nbcc:c\r\n\r\nBcc: body\r\n", piece) ==
               "Date: x\r\nMessage-ID: <y>\r\n\r\nBcc: body\r\n");
}

BOOST_AUTO_TEST_CASE(an_over_long_field_is_neither_cut_nor_split) {
  const std::string field = "Date: x\r\nMessage-ID: <y>\r\nX: " + std::string(20000, 'v') + "\r\n\r\nbody\r\n";
  BOOST_TEST(edit(field, 999) == field);
  const std::string hidden = "Date: x\r\nBcc: " + std::string(20000, 'v') + "\r\nMessage-ID: <y>\r\n\r\n";
  BOOST_TEST(edit(hidden, 999) == "Date: x\r\nMessage-ID: <y>\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_message_without_a_body_is_completed_too) {
  BOOST_TEST(edit("Subject: x\r\n", 4) == "Subject: x\r\nDate: DATE\r\nMessage-ID: <id@x>\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
