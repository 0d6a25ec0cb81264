// SPDX-License-Identifier: Apache-2.0
#include "delivery/notice.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::delivery {
namespace {

NoticeContent content() {
  NoticeContent c;
  c.host_name = "mx.alpha.test";
  c.to = "ann@land.test";
  c.about_queue_id = std::string(32, 'a');
  c.unique = std::string(32, 'b');
  c.arrival_us = 1'700'000'000'000'000;
  c.now_us = 1'700'000'100'000'000;
  NoticeRecipient to;
  to.address = "bob@beta.test";
  to.original = "rfc822;Bob@beta.test";
  to.status = "5.1.1";
  to.remote = "mx.beta.test [192.0.2.7]";
  to.reply = "550 5.1.1 No such user";
  to.last_attempt_us = c.now_us;
  c.recipients.push_back(to);
  c.original = "Subject: hello\r\nFrom: ann@land.test\r\n\r\nbody\r\n";
  c.original_is_whole = true;
  return c;
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(notice)

BOOST_AUTO_TEST_CASE(a_failure_notice_has_the_fields_of_rfc_3464) {
  const std::string text = compose_notice(content());
  BOOST_TEST(text.starts_with("Return-Path: <>\r\n"));
  BOOST_TEST(contains(text, "multipart/report; report-type=delivery-status"));
  BOOST_TEST(contains(text, "Auto-Submitted: auto-replied\r\n"));
  BOOST_TEST(contains(text, "\r\nReporting-MTA: dns;mx.alpha.test\r\n"));
  BOOST_TEST(contains(text, "\r\n\r\nOriginal-Recipient: rfc822;Bob@beta.test\r\n"
                            "Final-Recipient: rfc822;bob@beta.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
                            "Remote-MTA: dns;mx.beta.test\r\nDiagnostic-Code: smtp;550 5.1.1 No such user\r\n"));
  BOOST_TEST(contains(text, "Content-Type: message/rfc822\r\n\r\nSubject: hello\r\n"));
  BOOST_TEST(!contains(text, "Will-Retry-Until"));
  BOOST_TEST(!contains(text, "Original-Envelope-Id"));
}

BOOST_AUTO_TEST_CASE(every_line_ends_with_crlf_and_is_bounded) {
  NoticeContent c = content();
  c.recipients[0].reply = "550 " + std::string(5000, 'x');
  const std::string text = compose_notice(c);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = text.find('\n', begin);
    BOOST_TEST_REQUIRE(end != std::string::npos);
    BOOST_TEST_REQUIRE(text[end - 1] == '\r');
    BOOST_TEST_REQUIRE(end - begin <= 1000U);
    begin = end + 1;
  }
}

// S17: what a hostile server says must not become fields of our report.
BOOST_AUTO_TEST_CASE(a_remote_reply_cannot_add_lines) {
  NoticeContent c = content();
  c.recipients[0].reply = "550 no\r\nAction: delivered\r\n\r\n--=_evil";
  c.recipients[0].remote = "evil\r\nStatus: 2.0.0 [192.0.2.1]";
  c.envelope_id = "x\r\nAction: delivered";
  const std::string text = compose_notice(c);
  BOOST_TEST(!contains(text, "\nAction: delivered"));
  BOOST_TEST(!contains(text, "\nStatus: 2.0.0"));
}

BOOST_AUTO_TEST_CASE(the_boundary_does_not_occur_in_what_is_returned) {
  NoticeContent c = content();
  c.original = compose_notice(c);
  const std::string text = compose_notice(c);
  const std::string closing = "\r\n--=_" + c.unique + "_--";
  const auto first = text.find(closing);
  BOOST_REQUIRE(first != std::string::npos);
  BOOST_TEST(text.find(closing, first + 1) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_delay_says_until_when) {
  NoticeContent c = content();
  c.recipients[0].action = Action::delayed;
  c.recipients[0].status = "5.1.1";
  c.recipients[0].retry_until_us = c.now_us + 1'000'000;
  const std::string text = compose_notice(c);
  BOOST_TEST(contains(text, "Action: delayed\r\nStatus: 4.0.0\r\n"));
  BOOST_TEST(contains(text, "Will-Retry-Until: "));
  BOOST_TEST(contains(text, "Subject: Your mail is delayed"));
}

BOOST_AUTO_TEST_CASE(eight_bit_content_is_declared) {
  NoticeContent c = content();
  c.original = "Subject: h\xc3\xa9llo\r\n\r\n";
  const std::string text = compose_notice(c);
  BOOST_TEST(contains(text, "message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n"));
  BOOST_TEST(contains(text, "report-type=delivery-status"));
  c.recipients[0].address = "j\xc3\xb6rg@beta.test";
  const std::string international = compose_notice(c);
  BOOST_TEST(contains(international, "report-type=global-delivery-status"));
  BOOST_TEST(contains(international, "Final-Recipient: utf-8;j\xc3\xb6rg@beta.test"));
}

BOOST_AUTO_TEST_CASE(statuses_fit_their_actions) {
  BOOST_TEST(status_for(Action::failed, "") == "5.0.0");
  BOOST_TEST(status_for(Action::failed, "4.4.7") == "4.4.7");
  BOOST_TEST(status_for(Action::failed, "2.0.0") == "5.0.0");
  BOOST_TEST(status_for(Action::delayed, "nonsense") == "4.0.0");
  BOOST_TEST(status_for(Action::delivered, "2.1.5") == "2.1.5");
  BOOST_TEST(status_for(Action::failed, "5.1.1\r\nX: y") == "5.0.0");
  BOOST_TEST(status_in("550 5.7.26 Unauthenticated") == "5.7.26");
  BOOST_TEST(status_in("550 No such user here").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::delivery
