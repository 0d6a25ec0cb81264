// SPDX-License-Identifier: Apache-2.0
#include "smtp/data_reader.h"

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "smtp/content_inspector.h"

using namespace mailtree::smtp;

namespace {

struct Read {
  std::string content;
  std::size_t used = 0;
  bool done = false;
};

Read read(std::string_view wire, std::size_t piece) {
  DataReader reader;
  Read result;
  while (result.used < wire.size() && !reader.done()) {
    const std::string_view part = wire.substr(result.used, piece);
    result.used += reader.feed(part, result.content);
  }
  result.done = reader.done();
  return result;
}

std::string write(std::string_view content, std::size_t piece) {
  DataWriter writer;
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += piece) writer.feed(content.substr(at, piece), out);
  writer.finish(out);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(data_reader)

BOOST_AUTO_TEST_CASE(the_dot_at_a_line_start_is_removed_and_the_end_is_found) {
  for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
    const Read result = read("a\r\n..b\r\n...\r\n.c\r\n.\r\nQUIT\r\n", piece);
    BOOST_TEST(result.content == "a\r\n.b\r\n..\r\nc\r\n");
    BOOST_TEST(result.used == 20U);
    BOOST_TEST(result.done);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_message_is_a_dot_alone) {
  const Read result = read(".\r\n", 1);
  BOOST_TEST(result.done);
  BOOST_TEST(result.content.empty());
}

// S01: every way to write "end of data" but the right one.
BOOST_AUTO_TEST_CASE(s01_only_crlf_dot_crlf_ends_the_data) {
  const std::array<std::string, 10> ends = {
      "\r\n", "\n", "\r", "\r\r\n", "\n\r", std::string("\r\n\0", 3), std::string("\0\r\n", 3), "\v", "\f", "\xc2\x85"};
  for (const std::string& before : ends) {
    for (const std::string& after : ends) {
      const std::string wire = "a" + before + "." + after + "MAIL FROM:<x@y>\r\n";
      const bool real_end = before.ends_with("\r\n") && after.starts_with("\r\n");
      for (const std::size_t piece : {1U, 2U, 1000U}) {
        const Read result = read(wire, piece);
        BOOST_TEST(result.done == real_end);
        ContentInspector inspector;
        inspector.feed(result.content);
        const ContentFacts& facts = inspector.finish();
        const bool plain = facts.bare_cr || facts.bare_lf || facts.nul;
        const bool harmless =
            (before == "\r\n" && after == "\r\n") || before.find_first_of("\r\n") == std::string::npos;
        if (!harmless && !real_end && (after.find_first_of("\r\n") != std::string::npos)) BOOST_TEST(plain, wire);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_dot_before_a_bare_cr_is_data) {
  for (const std::size_t piece : {1U, 2U, 1000U}) {
    const Read result = read("a\r\n.\rb\r\n.\r\r\n.\r\n", piece);
    BOOST_TEST(result.content == "a\r\n\rb\r\n\r\r\n");
    BOOST_TEST(result.done);
  }
}

BOOST_AUTO_TEST_CASE(the_writer_undoes_what_the_reader_does) {
  for (const std::string content : {"", "a\r\n", ".\r\n", "..\r\n.a\r\n\r\n.\r\n", "Subject: x\r\n\r\n.\r\n.\r\n"}) {
    for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
      const Read result = read(write(content, piece), piece);
      BOOST_TEST(result.done);
      BOOST_TEST(result.content == content);
    }
  }
}

BOOST_AUTO_TEST_CASE(s02_bare_line_ends_leave_as_crlf_and_stuffed) {
  for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
    BOOST_TEST(write("a\n.\nb", piece) == "a\r\n..\r\nb\r\n.\r\n");
    BOOST_TEST(write("a\r.\rb", piece) == "a\r\n..\r\nb\r\n.\r\n");
    BOOST_TEST(write("a\n.\r\nb\r\r\n", piece) == "a\r\n..\r\nb\r\n\r\n.\r\n");
    BOOST_TEST(write("a\n\rb", piece) == "a\r\n\r\nb\r\n.\r\n");
    BOOST_TEST(write("\r", piece) == "\r\n.\r\n");
  }
}

BOOST_AUTO_TEST_SUITE_END()
