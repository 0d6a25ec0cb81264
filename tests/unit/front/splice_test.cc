// SPDX-License-Identifier: Apache-2.0
#include "front/splice.h"

#include <sys/socket.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "loop/task_group.h"
#include "support/run_task.h"

namespace mailtree::front {
namespace {

using loop::Deadline;
using loop::Loop;
using loop::Task;
using StreamPair = std::pair<std::unique_ptr<net::Stream>, std::unique_ptr<net::Stream>>;

Deadline soon() { return Deadline::after(std::chrono::seconds(10)); }

// Two ends of one connection through the kernel, which alone fills up when the other end does not read.
StreamPair connection(Loop& loop) {
  std::array<int, 2> ends{};
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
  auto left = loop::Socket::adopt(loop, UniqueFd(ends[0]));
  auto right = loop::Socket::adopt(loop, UniqueFd(ends[1]));
  BOOST_REQUIRE(left.has_value());
  BOOST_REQUIRE(right.has_value());
  return {net::plain_stream(std::move(*left)), net::plain_stream(std::move(*right))};
}

Task<void> say(net::Stream& stream, std::string octets) {
  const auto written = co_await stream.write(octets, soon());
  BOOST_TEST(written.has_value());
  const auto shut = co_await stream.shut(soon());
  BOOST_TEST(shut.has_value());
}

// Everything the other side says until it ends; reads nothing for `pause` first.
Task<std::string> hear(Loop& loop, net::Stream& stream, std::chrono::milliseconds pause) {
  std::string heard;
  co_await loop::sleep(loop, pause);
  for (;;) {
    const auto filled = co_await stream.fill(soon());
    BOOST_TEST(filled.has_value());
    if (!filled || *filled == 0) break;
    heard += stream.input();
    stream.input().clear();
  }
  co_return heard;
}

Task<void> large_answer(Loop& loop, std::chrono::milliseconds pause) {
  StreamPair outside = connection(loop);
  StreamPair inside = connection(loop);
  std::string answer(8'000'000, 'a');
  for (std::size_t at = 0; at < answer.size(); at += 997) answer[at] = static_cast<char>('b' + at % 23);
  loop::TaskGroup tasks(loop);
  tasks.spawn(splice(loop, *outside.second, *inside.first));
  tasks.spawn(say(*inside.second, answer));
  const std::string heard = co_await hear(loop, *outside.first, pause);
  BOOST_TEST((heard == answer));
  const auto ended = co_await tasks.wait(soon());
  BOOST_TEST(ended.has_value());
}

BOOST_AUTO_TEST_SUITE(splice_test)

BOOST_AUTO_TEST_CASE(all_of_a_large_answer_reaches_a_reader_at_once) {
  Loop loop;
  test::run_task(loop, large_answer(loop, std::chrono::milliseconds(0)));
}

// While a write waits the other side's octets pile up to the bound of reading ahead, and nothing more comes.
BOOST_AUTO_TEST_CASE(all_of_a_large_answer_reaches_a_reader_that_comes_late) {
  Loop loop;
  test::run_task(loop, large_answer(loop, std::chrono::milliseconds(300)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace mailtree::front
