// SPDX-License-Identifier: Apache-2.0
#include "mime/message_id.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace mailtree::mime;

BOOST_AUTO_TEST_CASE(message_ids_are_listed_once) {
  const std::vector<std::string> expected = {"<a@b>", "<c@d>"};
  BOOST_TEST(message_ids(" <a@b> rubbish <c@\r\n d>, <a@b> <open") == expected);
  BOOST_TEST(message_ids("<open <a@b> <> <\t> <c@d>") == expected);
  BOOST_TEST(message_ids("").empty());
}

BOOST_AUTO_TEST_CASE(no_more_than_200_message_ids_are_listed) {
  std::string value;
  for (int i = 0; i < 300; ++i) value += "<" + std::to_string(i) + "@b>\r\n ";
  BOOST_TEST(message_ids(value).size() == 200U);
  BOOST_TEST(message_ids(value).back() == "<199@b>");
}

// RFC 5322 appendix A.2, and what 3.2.2, 3.6.4 and 4.5.4 let others write for the same.
BOOST_AUTO_TEST_CASE(an_id_is_the_same_however_it_is_folded_commented_or_quoted) {
  for (const char* const value :
       {"<1234@local.machine.example>", " <1234@local.machine.example>\r\n", "\r\n\t<1234@local.machine.example>",
        "(a comment <no@id>) <1234@local.machine.example>", "<1234@local.machine.example> (\\) of Friday)",
        "<1234 @ local(which one?)\r\n .machine.example>", "<\"1234\"@local.machine.example>",
        "Your message of \"Fri, 21 Nov <no@id>\" <1234@local.machine.example>"}) {
    const auto id = first_message_id(value);
    BOOST_TEST_CONTEXT(value) {
      BOOST_REQUIRE(id.has_value());
      BOOST_TEST(*id == "<1234@local.machine.example>");
    }
  }
  BOOST_TEST(*first_message_id("<a@[IPv6: 2001:db8::1]>") == "<a@[IPv6:2001:db8::1]>");
  BOOST_TEST(*first_message_id("<Case@Stays>") == "<Case@Stays>");
}

BOOST_AUTO_TEST_CASE(what_holds_no_id_gives_none) {
  for (const char* const value :
       {"", " ", "1234@local", "<", "<>", "<open", "<\"open@x>", "(<a@b>)", "\"<a@b>\"", ">"}) {
    BOOST_TEST(!first_message_id(value).has_value(), value);
  }
}
