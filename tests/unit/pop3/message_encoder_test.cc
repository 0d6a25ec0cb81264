// SPDX-License-Identifier: Apache-2.0
// P03: the client gets the exact text, and can always tell where it ends.
#include "pop3/message_encoder.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mailtree::pop3;
using namespace std::string_literals;

namespace {

std::string encoded(const std::string& text, std::size_t piece) {
  MessageEncoder encoder;
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += piece) encoder.feed(std::string_view(text).substr(i, piece), out);
  encoder.finish(out);
  return out;
}

std::string top(const std::string& text, std::uint64_t lines, std::size_t piece) {
  TopCutter cutter(lines);
  std::string out;
  for (std::size_t i = 0; i < text.size() && !cutter.done(); i += piece) {
    const std::string_view part = std::string_view(text).substr(i, piece);
    out += part.substr(0, cutter.take(part));
  }
  return out + std::string(cutter.missing_end());
}

}  // namespace

BOOST_AUTO_TEST_CASE(dots_are_doubled_and_lines_end_in_crlf) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ".\r\n"},
      {"a\r\n", "a\r\n.\r\n"},
      {"a", "a\r\n.\r\n"},
      {"a\r", "a\r\r\n.\r\n"},
      {"a\nb\n", "a\r\nb\r\n.\r\n"},
      {".\r\n..\r\n.a\r\na.\r\n", "..\r\n...\r\n..a\r\na.\r\n.\r\n"},
      {"\n.\n", "\r\n..\r\n.\r\n"},
      {".", "..\r\n.\r\n"},
      {"a\r\r\n.\rb\r\n", "a\r\r\n..\rb\r\n.\r\n"},
      {"a\0b\r\n\0"s,
       "a\0b\r\n\0\r\n.\r\n"s},
  };
  for (const auto& [text, expected] : cases)
    for (const std::size_t piece : {1U, 2U, 3U, 100U})
      BOOST_TEST(encoded(text, piece) == expected, text << " by " << piece);
}

BOOST_AUTO_TEST_CASE(top_gives_the_header_the_empty_line_and_some_lines) {
  const std::string text = "A: b\r\n\r\none\r\n\r\ntwo\r\n";
  for (const std::size_t piece : {1U, 2U, 5U, 100U}) {
    BOOST_TEST(top(text, 0, piece) == "A: b\r\n\r\n");
    BOOST_TEST(top(text, 1, piece) == "A: b\r\n\r\none\r\n");
    BOOST_TEST(top(text, 2, piece) == "A: b\r\n\r\none\r\n\r\n");
    BOOST_TEST(top(text, 1000, piece) == text);
    BOOST_TEST(top("A: b\n\none\ntwo\n", 1, piece) == "A: b\n\none\n");
    BOOST_TEST(top("\r\none\r\n", 0, piece) == "\r\n");
  }
}

BOOST_AUTO_TEST_CASE(top_always_ends_the_header_with_an_empty_line) {
  for (const std::size_t piece : {1U, 100U}) {
    BOOST_TEST(top("A: b\r\n", 5, piece) == "A: b\r\n\r\n");
    BOOST_TEST(top("A: b", 5, piece) == "A: b\r\n\r\n");
    BOOST_TEST(top("", 5, piece) == "\r\n");
  }
}
