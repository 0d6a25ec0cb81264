// SPDX-License-Identifier: Apache-2.0
#include "smtp/reply.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mailtree::smtp;
using Progress = ReplyReader::Progress;

BOOST_AUTO_TEST_SUITE(reply)

BOOST_AUTO_TEST_CASE(each_line_of_a_reply_carries_code_and_status) {
  BOOST_TEST((Reply{250, "2.0.0", "Ok"}.wire() == "250 2.0.0 Ok\r\n"));
  BOOST_TEST((Reply{550, "5.7.1", "one\ntwo"}.wire() == "550-5.7.1 one\r\n550 5.7.1 two\r\n"));
  BOOST_TEST((Reply{354, "", "Go on"}.wire() == "354 Go on\r\n"));
  BOOST_TEST((Reply{250, "", ""}.wire() == "250 \r\n"));
}

BOOST_AUTO_TEST_CASE(no_text_can_forge_a_second_reply) {
  BOOST_TEST((Reply{550, "5.1.1", "a\r250 ok\x01\xff"}.wire() == "550 5.1.1 a?250 ok??\r\n"));
}

BOOST_AUTO_TEST_CASE(a_multi_line_reply_is_put_together) {
  ReplyReader reader;
  BOOST_TEST((reader.feed("250-mx.example") == Progress::more));
  BOOST_TEST((reader.feed("250-SIZE 100") == Progress::more));
  BOOST_TEST((reader.feed("250 HELP") == Progress::complete));
  const Reply reply = reader.take();
  BOOST_TEST(reply.code == 250);
  BOOST_TEST(reply.text == "mx.example\nSIZE 100\nHELP");
}

BOOST_AUTO_TEST_CASE(an_enhanced_status_is_split_off) {
  ReplyReader reader;
  BOOST_TEST((reader.feed("550-5.1.1 No") == Progress::more));
  BOOST_TEST((reader.feed("550 5.1.1 such user") == Progress::complete));
  const Reply reply = reader.take();
  BOOST_TEST(reply.status == "5.1.1");
  BOOST_TEST(reply.one_line() == "550 5.1.1 No such user");
}

BOOST_AUTO_TEST_CASE(a_status_of_another_class_is_only_text) {
  ReplyReader reader;
  BOOST_TEST((reader.feed("250 5.1.1 odd") == Progress::complete));
  BOOST_TEST(reader.take().text == "5.1.1 odd");
}

BOOST_AUTO_TEST_CASE(what_is_not_a_reply_breaks_the_connection) {
  for (const char* line : {"", "25", "abc", "250x", "150 early", "650 x", "2 50", "\x16\x03\x01"}) {
    ReplyReader reader;
    BOOST_TEST((reader.feed(line) == Progress::broken), line);
  }
  ReplyReader reader;
  BOOST_TEST((reader.feed("250-a") == Progress::more));
  BOOST_TEST((reader.feed("550 b") == Progress::broken));
}

BOOST_AUTO_TEST_CASE(endless_replies_are_cut_off) {
  ReplyReader lines;
  Progress progress = Progress::more;
  int count = 0;
  while (progress == Progress::more && count < 1000) {
    progress = lines.feed("250-x");
    ++count;
  }
  BOOST_TEST(count == 129);
  ReplyReader octets;
  const std::string big = "250-" + std::string(2000, 'x');
  progress = Progress::more;
  for (count = 0; progress == Progress::more && count < 1000; ++count) progress = octets.feed(big);
  BOOST_TEST(count == 9);
}

BOOST_AUTO_TEST_CASE(remote_text_is_printable_before_it_reaches_a_log) {
  ReplyReader reader;
  BOOST_TEST((reader.feed("550 a\x1b[31m\rb") == Progress::complete));
  BOOST_TEST(reader.take().text == "a?[31m?b");
}

BOOST_AUTO_TEST_SUITE_END()
