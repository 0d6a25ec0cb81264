// SPDX-License-Identifier: Apache-2.0
#include "loop/socket.h"

#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "loop/listen_socket.h"
#include "support/run_task.h"

namespace mailtree::loop {
namespace {

Deadline soon() { return Deadline::after(std::chrono::seconds(5)); }

struct Pair {
  explicit Pair(Loop& loop) {
    int fds[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    left = *Socket::adopt(loop, UniqueFd(fds[0]));
    right = *Socket::adopt(loop, UniqueFd(fds[1]));
  }
  std::unique_ptr<Socket> left, right;
};

Task<void> write_all(Socket& socket, std::string bytes, bool& ok) {
  const auto written = co_await socket.write(bytes, soon());
  ok = written.has_value();
  socket.finish();
}

Task<void> read_all(Socket& socket, std::size_t& total, bool& ended) {
  [[maybe_unused]] const int frame = 0;
  for (;;) {
    const auto filled = co_await socket.fill(soon());
    if (!filled) co_return;
    if (*filled == 0) break;
    total += socket.input().size();
    socket.input().clear();
  }
  ended = true;
}

Task<void> big_transfer(Loop& loop, std::size_t& total, bool& written, bool& ended) {
  Pair pair(loop);
  TaskGroup writer(loop);
  writer.spawn(write_all(*pair.left, std::string(5'000'000, 'x'), written));
  co_await read_all(*pair.right, total, ended);
  const auto waited = co_await writer.wait(soon());
  static_cast<void>(waited);
}

Task<void> unread_output(Loop& loop, bool& ok) {
  Pair pair(loop);
  const std::string big(8'000'000, 'x');
  const auto written = co_await pair.left->write(big, Deadline::after(std::chrono::milliseconds(200)));
  ok = !written && written.error().condition == Condition::timeout;
}

Task<void> connect_and_name(Loop& loop, std::uint16_t port, std::string& host) {
  const auto socket = co_await Socket::connect_tcp(loop, "127.0.0.1", port, "", soon());
  if (socket) host = (*socket)->peer().host + ":" + std::to_string((*socket)->peer().port);
}

Task<void> connect_fails(Loop& loop, std::uint16_t port, bool& temporary) {
  const auto socket = co_await Socket::connect_tcp(loop, "127.0.0.1", port, "", soon());
  temporary = !socket && socket.error().kind == Kind::temporary;
}

}  // namespace

BOOST_AUTO_TEST_CASE(five_megabytes_pass_with_back_pressure_and_the_end_is_seen) {
  Loop loop;
  std::size_t total = 0;
  bool written = false, ended = false;
  test::run_task(loop, big_transfer(loop, total, written, ended));
  BOOST_TEST(total == 5'000'000U);
  BOOST_TEST(written);
  BOOST_TEST(ended);
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_read_ends_a_write_at_its_deadline) {
  Loop loop;
  bool ok = false;
  test::run_task(loop, unread_output(loop, ok));
  BOOST_TEST(ok);
}

BOOST_AUTO_TEST_CASE(tcp_connects_and_knows_its_peer) {
  Loop loop;
  auto fd = listen_tcp("127.0.0.1", 0);
  BOOST_REQUIRE(fd.has_value());
  const std::uint16_t port = local_port(fd->get());
  std::string host;
  {
    ListenSocket listener(loop, std::move(*fd), [](UniqueFd) {});
    test::run_task(loop, connect_and_name(loop, port, host));
  }
  BOOST_TEST(host == "127.0.0.1:" + std::to_string(port));
  bool temporary = false;
  test::run_task(loop, connect_fails(loop, port, temporary));
  BOOST_TEST(temporary);
}

}  // namespace mailtree::loop
