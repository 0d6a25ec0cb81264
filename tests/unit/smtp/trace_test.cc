// SPDX-License-Identifier: Apache-2.0
#include "smtp/trace.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mailtree;
using namespace mailtree::smtp;

namespace {

Arrival arrival() {
  Arrival made;
  made.hello = "client.example";
  made.client_address = "192.0.2.7";
  made.host_name = "mx.example";
  made.protocol = with_word({.extended = true, .tls = true});
  made.id = "0123abcd";
  made.time = Clock::Wall(std::chrono::seconds(1795350343));
  return made;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(trace)

BOOST_AUTO_TEST_CASE(a_single_recipient_is_named_in_the_received_field) {
  Arrival made = arrival();
  made.for_address = "ann@example.org";
  made.tls = "TLSv1.3 TLS_AES_256_GCM_SHA384";
  BOOST_TEST(received_field(made) ==
             "Received: from client.example ([192.0.2.7])\r\n"
             "\t(using TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n"
             "\tby mx.example with ESMTPS id 0123abcd\r\n"
             "\tfor <ann@example.org>;\r\n"
             "\tSun, 22 Nov 2026 12:25:43 +0000\r\n");
}

BOOST_AUTO_TEST_CASE(several_recipients_are_not_told_of_each_other) {
  BOOST_TEST(received_field(arrival()) ==
             "Received: from client.example ([192.0.2.7])\r\n"
             "\tby mx.example with ESMTPS id 0123abcd;\r\n"
             "\tSun, 22 Nov 2026 12:25:43 +0000\r\n");
}

BOOST_AUTO_TEST_CASE(a_forged_hello_cannot_break_the_field) {
  Arrival made = arrival();
  made.hello = "a)(by;x";
  made.client_address = "2001:db8::1";
  BOOST_TEST(received_field(made).starts_with("Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\r\n"));
}

BOOST_AUTO_TEST_CASE(the_with_word_says_how_the_message_came) {
  BOOST_TEST(with_word({.extended = false}) == "SMTP");
  BOOST_TEST(with_word({.extended = true}) == "ESMTP");
  BOOST_TEST(with_word({.extended = true, .tls = true, .authenticated = true}) == "ESMTPSA");
  BOOST_TEST(with_word({.extended = true, .lmtp = true}) == "LMTP");
  BOOST_TEST(with_word({.extended = true, .authenticated = true, .utf8 = true}) == "UTF8SMTPA");
}

BOOST_AUTO_TEST_CASE(the_return_path_keeps_the_null_sender) {
  BOOST_TEST(return_path_field("") == "Return-Path: <>\r\n");
  BOOST_TEST(return_path_field("a@b") == "Return-Path: <a@b>\r\n");
}

BOOST_AUTO_TEST_SUITE_END()
