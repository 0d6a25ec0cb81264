// SPDX-License-Identifier: Apache-2.0
#include "net/line_reader.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "net/memory_stream.h"
#include "support/run_task.h"

namespace mailtree::net {
namespace {

Deadline soon() { return Deadline::after(std::chrono::seconds(5)); }

// Writes `bytes` in pieces and reads lines until the end; "!" stands for a line that was too long.
Task<void> read_lines(loop::Loop& loop, std::string bytes, std::size_t piece, std::size_t max,
                      std::vector<std::string>& lines) {
  auto pair = memory_stream_pair(loop);
  LineReader reader(*pair.second);
  std::size_t sent = 0;
  for (;;) {
    while (sent < bytes.size() && !reader.has_line()) {
      const std::string part = bytes.substr(sent, piece);
      const auto written = co_await pair.first->write(part, soon());
      static_cast<void>(written);
      sent += part.size();
      if (sent >= bytes.size()) pair.first.reset();
    }
    const auto line = co_await reader.line(max, soon());
    if (!line && line.error().kind == Kind::cancelled) break;
    lines.push_back(line ? line->text + (line->bare_line_feed ? "~" : "") : "!");
  }
}

std::vector<std::string> lines_of(const std::string& bytes, std::size_t piece, std::size_t max) {
  loop::Loop loop;
  std::vector<std::string> lines;
  test::run_task(loop, read_lines(loop, bytes, piece, max, lines));
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_CASE(lines_come_out_the_same_wherever_the_octets_were_cut) {
  const std::string bytes = std::string("one\r\n\r\ntwo\nth\rree\r\n") + std::string("n\0l\r\n", 5) + "half";
  const std::vector<std::string> expected{"one", "", "two~", "th\rree", std::string("n\0l", 3)};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const auto lines = lines_of(bytes, piece, 100);
    BOOST_TEST(lines == expected, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(a_line_at_its_bound_passes_and_one_octet_more_is_swallowed_whole) {
  const std::string bytes = std::string(10, 'a') + "\r\n" + std::string(11, 'b') + "\r\nnext\r\n" +
                            std::string(100'000, 'c') + "MAIL FROM:<x@y>\r\nlast\r\n";
  const std::vector<std::string> expected{std::string(10, 'a'), "!", "next", "!", "last"};
  for (const std::size_t piece : {3UL, 7UL, 11UL, 12UL, 13UL, 4096UL, bytes.size()}) {
    const auto lines = lines_of(bytes, piece, 10);
    BOOST_TEST(lines == expected, boost::test_tools::per_element());
  }
}

}  // namespace mailtree::net
