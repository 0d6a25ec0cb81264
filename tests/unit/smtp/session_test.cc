// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/session.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "fake_backends.h"

using namespace mailtree;
using namespace mailtree::smtp;
using test::Dialogue;
using test::Step;

namespace {

// Codes and statuses alone: "250 2.1.0;550 5.1.1".
std::string codes(const std::string& heard) {
  std::string out;
  for (std::size_t at = 0; at < heard.size();) {
    const std::size_t end = heard.find('\n', at);
    std::string line = heard.substr(at, end - at);
    at = end + 1;
    if (line.size() > 3 && line[3] == '-') continue;
    const std::size_t blank = line.find(' ', 4);
    const bool has_status = line.size() > 6 && line[5] == '.';
    line = has_status ? line.substr(0, blank) : line.substr(0, 3);
    out += (out.empty() ? "" : ";") + line;
  }
  return out;
}

const std::string mail = "MAIL FROM:<x@away.test>\r\n";
const std::string message = "Subject: hi\r\n\r\nbody\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(session)

BOOST_AUTO_TEST_CASE(a_message_to_a_user_is_stored_behind_its_trace_lines) {
  Dialogue dialogue(Role::mx);
  BOOST_TEST(codes(dialogue.after_hello(
                 {{mail}, {"RCPT TO:<ann@here.test>\r\n"}, {"DATA\r\n"}, {message + ".\r\n"}, {"QUIT\r\n"}})) ==
             "250 2.1.0;250 2.1.5;354;250 2.0.0;221 2.0.0");
  const std::string& stored = dialogue.backends.stored;
  BOOST_TEST(stored.starts_with("Return-Path: <x@away.test>\r\nReceived: from c ([127.0.0.1])\r\n"));
  BOOST_TEST(stored.find("\tby mx.here.test with ESMTP id ") != std::string::npos);
  BOOST_TEST(stored.find("\tfor <ann@here.test>;\r\n") != std::string::npos);
  BOOST_TEST(stored.ends_with("+0000\r\n" + message));
}

BOOST_AUTO_TEST_CASE(a_pipelined_group_is_answered_in_order) {
  Dialogue dialogue(Role::mx);
  const std::string group = mail + "RCPT TO:<nobody@here.test>\r\nRCPT TO:<ann@here.test>\r\nDATA\r\n";
  BOOST_TEST(codes(dialogue.after_hello({{group, 4}, {message + ".\r\nQUIT\r\n", 2}})) ==
             "250 2.1.0;550 5.1.1;250 2.1.5;354;250 2.0.0;221 2.0.0");
}

BOOST_AUTO_TEST_CASE(each_kind_of_recipient_gets_its_reply) {
  Dialogue dialogue(Role::mx);
  BOOST_TEST(codes(dialogue.after_hello({{mail},
                                         {"RCPT TO:<nobody@here.test>\r\n"},
                                         {"RCPT TO:<who@away.test>\r\n"},
                                         {"RCPT TO:<down@here.test>\r\n"},
                                         {"RCPT TO:<full@here.test>\r\n"},
                                         {"RCPT TO:<stuffed@here.test>\r\n"},
                                         {"RCPT TO:<closed@here.test>\r\n"},
                                         {"RCPT TO:<Postmaster>\r\n"},
                                         {"RCPT TO:<>\r\n"}})) ==
             "250 2.1.0;550 5.1.1;550 5.7.1;451 4.3.0;452 4.2.2;552 5.2.2;550 5.2.1;250 2.1.5;501 5.1.3");
}

BOOST_AUTO_TEST_CASE(commands_out_of_sequence_are_refused) {
  Dialogue dialogue(Role::mx);
  BOOST_TEST(codes(dialogue.talk({{mail}})) == "220;503 5.5.1");
  BOOST_TEST(codes(dialogue.after_hello({{"RCPT TO:<ann@here.test>\r\n"},
                                         {"DATA\r\n"},
                                         {mail},
                                         {mail},
                                         {"DATA\r\n"},
                                         {"RSET\r\n"},
                                         {mail},
                                         {"RCPT TO:<nobody@here.test>\r\n"},
                                         {"DATA\r\n"}})) ==
             "503 5.5.1;503 5.5.1;250 2.1.0;503 5.5.1;503 5.5.1;250 2.0.0;250 2.1.0;550 5.1.1;554 5.5.1");
}

BOOST_AUTO_TEST_CASE(s16_vrfy_expn_help_and_unknown_verbs) {
  Dialogue dialogue(Role::mx);
  BOOST_TEST(codes(dialogue.after_hello({{"VRFY ann\r\n"},
                                         {"VRFY nobody\r\n"},
                                         {"EXPN team\r\n"},
                                         {"ETRN x\r\n"},
                                         {"HELP\r\n"},
                                         {"NOOP x\r\n"},
                                         {"XYZZY\r\n"},
                                         {"LHLO c\r\n"},
                                         {"AUTH PLAIN\r\n"}})) ==
             "252 2.1.5;252 2.1.5;502 5.7.0;500 5.5.1;214 2.0.0;250 2.0.0;500 5.5.1;500 5.5.1;502 5.5.1");
}

BOOST_AUTO_TEST_CASE(s01_bare_line_ends_are_refused_at_the_end_of_data_and_never_run) {
  for (const std::string end : {"\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r.\r\n", "\r\n\r.\r\n"}) {
    Dialogue dialogue(Role::mx);
    const std::string smuggled =
        "Subject: a\r\n\r\nb" + end + "MAIL FROM:<evil@away.test>\r\nRCPT TO:<ann@here.test>\r\n";
    BOOST_TEST(codes(dialogue.after_hello(
                   {{mail}, {"RCPT TO:<ann@here.test>\r\n"}, {"DATA\r\n"}, {smuggled + "\r\n.\r\n"}, {"NOOP\r\n"}})) ==
               "250 2.1.0;250 2.1.5;354;550 5.5.2;<cl");
    BOOST_TEST(dialogue.backends.delivered.empty());
  }
}

BOOST_AUTO_TEST_CASE(s08_nul_in_the_message_is_refused_unless_binarymime_was_agreed) {
  Dialogue dialogue(Role::mx);
  const std::string binary("a\0b\rc\nd", 7);
  BOOST_TEST(codes(dialogue.after_hello(
                 {{mail}, {"RCPT TO:<ann@here.test>\r\n"}, {"DATA\r\n"}, {std::string("x\0y\r\n.\r\n", 8)}})) ==
             "250 2.1.0;250 2.1.5;354;554 5.6.0");
  BOOST_TEST(codes(dialogue.after_hello({{"MAIL FROM:<x@away.test> BODY=BINARYMIME\r\n"},
                                         {"RCPT TO:<ann@here.test>\r\n"},
                                         {"DATA\r\n"},
                                         {"BDAT 7 LAST\r\n" + binary}})) == "250 2.1.0;250 2.1.5;503 5.5.1;250 2.0.0");
  BOOST_TEST(dialogue.backends.stored.ends_with("\r\n" + binary));
}

BOOST_AUTO_TEST_CASE(s03_chunks_are_read_to_the_octet_and_never_as_commands) {
  Dialogue dialogue(Role::mx);
  const std::string rcpt = "RCPT TO:<ann@here.test>\r\n";
  BOOST_TEST(codes(dialogue.after_hello({{mail},
                                         {rcpt},
                                         {"BDAT 12\r\nSubject: x\r\n"},
                                         {"BDAT 0\r\n"},
                                         {"BDAT 5\r\n\r\n.\r\n"},
                                         {"BDAT 0 LAST\r\n"},
                                         {"BDAT 6 LAST\r\nQUIT\r\n"},
                                         {"NOOP\r\n"}})) ==
             "250 2.1.0;250 2.1.5;250 2.0.0;250 2.0.0;250 2.0.0;250 2.0.0;503 5.5.1;250 2.0.0");
  BOOST_TEST(dialogue.backends.stored.ends_with("\r\nSubject: x\r\n\r\n.\r\n"));
  BOOST_TEST(codes(dialogue.after_hello({{"BDAT -1\r\n"}, {"NOOP\r\n"}})) == "501 5.5.4;<cl");
  BOOST_TEST(
      codes(dialogue.after_hello({{mail}, {rcpt}, {"BDAT 2\r\nab"}, {"DATA\r\n"}, {"RSET\r\n"}, {"NOOP\r\n"}})) ==
      "250 2.1.0;250 2.1.5;250 2.0.0;503 5.5.1;250 2.0.0;250 2.0.0");
}

BOOST_AUTO_TEST_CASE(s04_who_pipelines_before_the_hello_is_answered_is_sent_away) {
  Dialogue dialogue(Role::mx);
  BOOST_TEST(codes(dialogue.talk({{"EHLO c\r\n" + mail, 1}, {"NOOP\r\n"}})) == "220;554 5.5.0;<cl");
}

BOOST_AUTO_TEST_CASE(s05_another_protocol_ends_the_session) {
  Dialogue dialogue(Role::mx);
  BOOST_TEST(codes(dialogue.talk({{"GET / HTTP/1.1\r\nHost: x\r\n\r\nEHLO c\r\n", 1}, {"NOOP\r\n"}})) ==
             "220;521 5.5.1;<cl");
}

BOOST_AUTO_TEST_CASE(s06_the_tail_of_an_over_long_line_is_never_run) {
  Dialogue dialogue(Role::mx);
  const std::string line = "NOOP " + std::string(20000, 'x') + mail;
  BOOST_TEST(codes(dialogue.after_hello(
                 {{line}, {"NOOP " + std::string(5000, 'x') + "\r\n"}, {"RCPT TO:<ann@here.test>\r\n"}})) ==
             "500 5.5.2;500 5.5.2;503 5.5.1");
}

BOOST_AUTO_TEST_CASE(ten_errors_end_the_session) {
  Dialogue dialogue(Role::mx);
  std::string junk;
  for (int i = 0; i < 20; ++i) junk += "JUNK\r\n";
  const std::string heard = dialogue.after_hello({{junk, 11}, {"NOOP\r\n"}});
  BOOST_TEST(heard.find("421 4.7.0") != std::string::npos);
  BOOST_TEST(heard.ends_with("<closed>\n"));
}

BOOST_AUTO_TEST_CASE(a_group_goes_to_the_queue) {
  Dialogue dialogue(Role::mx);
  const std::string heard =
      dialogue.after_hello({{mail}, {"RCPT TO:<team@here.test> NOTIFY=DELAY\r\n"}, {"DATA\r\n"}, {message + ".\r\n"}});
  BOOST_TEST(codes(heard) == "250 2.1.0;250 2.1.5;354;250 2.0.0");
  BOOST_REQUIRE(dialogue.backends.submitted.size() == 1U);
  BOOST_TEST(dialogue.backends.submitted[0].recipients[0].address == "team@here.test");
  BOOST_TEST(int{dialogue.backends.submitted[0].recipients[0].notify} == int{queue::notify::delay});
  BOOST_TEST(!dialogue.backends.submitted[0].internal_origin);
  BOOST_TEST(dialogue.backends.queued.ends_with(message));
}

BOOST_AUTO_TEST_CASE(one_mailbox_with_two_addresses_gets_one_copy) {
  Dialogue dialogue(Role::mx);
  static_cast<void>(dialogue.after_hello({{mail},
                                          {"RCPT TO:<ann@here.test>\r\n"},
                                          {"RCPT TO:<ann.alias@here.test>\r\n"},
                                          {"DATA\r\n"},
                                          {message + ".\r\n"}}));
  BOOST_TEST(dialogue.backends.delivered.size() == 1U);
  BOOST_TEST(dialogue.backends.stored.find("\tfor <") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_lost_answer_of_the_store_is_asked_for_again) {
  Dialogue dialogue(Role::mx);
  dialogue.backends.lost_answers = 1;
  const std::string heard =
      dialogue.after_hello({{mail}, {"RCPT TO:<ann@here.test>\r\n"}, {"DATA\r\n"}, {message + ".\r\n"}});
  BOOST_TEST(codes(heard) == "250 2.1.0;250 2.1.5;354;250 2.0.0");
  BOOST_TEST(dialogue.backends.attempts == 2);
  BOOST_TEST(dialogue.backends.last_again);
}

BOOST_AUTO_TEST_CASE(a_store_that_is_down_defers_and_the_session_goes_on) {
  Dialogue dialogue(Role::mx);
  dialogue.backends.store_down = true;
  BOOST_TEST(codes(dialogue.after_hello({{mail}, {"RCPT TO:<ann@here.test>\r\n"}, {"NOOP\r\n"}})) ==
             "250 2.1.0;451 4.3.0;250 2.0.0");
}

BOOST_AUTO_TEST_CASE(what_one_mailbox_of_two_could_not_take_goes_to_the_queue) {
  Dialogue dialogue(Role::mx);
  const std::string heard = dialogue.after_hello(
      {{mail}, {"RCPT TO:<ann@here.test>\r\n"}, {"RCPT TO:<broken@here.test>\r\n"}, {"DATA\r\n"}, {message + ".\r\n"}});
  BOOST_TEST(codes(heard) == "250 2.1.0;250 2.1.5;250 2.1.5;354;250 2.0.0");
  BOOST_REQUIRE(dialogue.backends.submitted.size() == 1U);
  BOOST_TEST(dialogue.backends.submitted[0].recipients.size() == 1U);
  BOOST_TEST(dialogue.backends.submitted[0].recipients[0].address == "broken@here.test");
}

BOOST_AUTO_TEST_CASE(s14_lmtp_answers_once_for_each_recipient) {
  Dialogue dialogue(Role::lmtp);
  BOOST_TEST(codes(dialogue.after_hello({{mail},
                                         {"RCPT TO:<ann@here.test>\r\n"},
                                         {"RCPT TO:<nobody@here.test>\r\n"},
                                         {"RCPT TO:<broken@here.test>\r\n"},
                                         {"RCPT TO:<ann.alias@here.test>\r\n"},
                                         {"DATA\r\n"},
                                         {message + ".\r\n", 3},
                                         {"NOOP\r\n"}})) ==
             "250 2.1.0;250 2.1.5;550 5.1.1;250 2.1.5;250 2.1.5;354;250 2.0.0;451 4.3.0;250 2.0.0;250 2.0.0");
  BOOST_TEST(dialogue.backends.stored.find(" with LMTP id ") != std::string::npos);
  BOOST_TEST(codes(dialogue.talk({{"EHLO c\r\n"}})) == "220;500 5.5.1");
}

BOOST_AUTO_TEST_CASE(submission_takes_mail_of_its_users_only_and_to_anybody) {
  Dialogue dialogue(Role::submission);
  const std::string login = "AUTH PLAIN AGFubgBzZWNyZXQ=\r\n";
  BOOST_TEST(codes(dialogue.after_hello({{mail},
                                         {"AUTH PLAIN AGFubgB3cm9uZw==\r\n"},
                                         {login},
                                         {login},
                                         {mail},
                                         {"MAIL FROM:<Ann.Alias@here.test>\r\n"},
                                         {"RCPT TO:<who@away.test>\r\n"},
                                         {"DATA\r\n"},
                                         {"Bcc: z@away.test\r\nSubject: hi\r\n\r\nbody\r\n.\r\n"}})) ==
             "530 5.7.0;535 5.7.8;235 2.7.0;503 5.5.1;553 5.7.1;250 2.1.0;250 2.1.5;354;250 2.0.0");
  const std::string& queued = dialogue.backends.queued;
  BOOST_TEST(queued.find("Bcc:") == std::string::npos);
  BOOST_TEST(queued.find("\r\nDate: ") != std::string::npos);
  BOOST_TEST(queued.find("\r\nMessage-ID: <") != std::string::npos);
  BOOST_TEST(queued.find(" with ESMTPA id ") != std::string::npos);
  BOOST_REQUIRE(dialogue.backends.submitted.size() == 1U);
  BOOST_TEST(dialogue.backends.submitted[0].internal_origin);
  BOOST_TEST(dialogue.backends.submitted[0].origin.authenticated_as == "ann@here.test");
}

BOOST_AUTO_TEST_CASE(t03_a_password_is_not_asked_for_in_clear) {
  Dialogue dialogue(Role::submission);
  dialogue.settings.plaintext_login_networks.clear();
  const std::string heard = dialogue.talk({{"EHLO c\r\n"}, {"AUTH PLAIN AGFubgBzZWNyZXQ=\r\n"}, {mail}});
  BOOST_TEST(heard.find("AUTH") == std::string::npos);
  BOOST_TEST(codes(heard) == "220;250;538 5.7.11;530 5.7.0");
}

BOOST_AUTO_TEST_CASE(an_authentication_exchange_can_be_cancelled) {
  Dialogue dialogue(Role::submission);
  BOOST_TEST(codes(dialogue.after_hello({{"AUTH PLAIN\r\n"},
                                         {"*\r\n"},
                                         {"AUTH PLAIN\r\n"},
                                         {"!\r\n"},
                                         {"AUTH PLAIN\r\n"},
                                         {"AGFubgBzZWNyZXQ=\r\n"}})) == "334;501 5.7.0;334;501 5.5.2;334;235 2.7.0");
  BOOST_TEST(dialogue.backends.cancelled == 2);
}

BOOST_AUTO_TEST_CASE(too_much_of_anything_is_refused) {
  Dialogue dialogue(Role::mx);
  dialogue.settings.smtp.max_message_bytes = 1000;
  dialogue.settings.smtp.max_recipients = 1;
  const std::string rcpt = "RCPT TO:<ann@here.test>\r\n";
  const std::string loop = [] {
    std::string fields;
    for (int i = 0; i < 51; ++i) fields += "Received: x\r\n";
    return fields;
  }();
  BOOST_TEST(codes(dialogue.after_hello({{"MAIL FROM:<x@away.test> SIZE=1001\r\n"},
                                         {mail},
                                         {rcpt},
                                         {rcpt},
                                         {"DATA\r\n"},
                                         {std::string(1001, 'x') + "\r\n.\r\n"},
                                         {mail},
                                         {rcpt},
                                         {"DATA\r\n"},
                                         {loop + "\r\n.\r\n"}})) ==
             "552 5.3.4;250 2.1.0;250 2.1.5;452 4.5.3;354;552 5.3.4;250 2.1.0;250 2.1.5;354;554 5.4.6");
  BOOST_TEST(dialogue.backends.delivered.empty());
}

BOOST_AUTO_TEST_SUITE_END()
