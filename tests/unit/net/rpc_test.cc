// SPDX-License-Identifier: Apache-2.0
#include "net/rpc.h"
#include "net/wire_codec.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>

#include "support/run_task.h"

namespace mailtree::net {
namespace {

Deadline soon() { return Deadline::after(std::chrono::seconds(5)); }

struct Echo {
  static constexpr std::uint16_t type = 900;
  struct Answer {
    std::string text;
    unsigned count = 0;
    MSGPACK_DEFINE(text, count)
  };
  using Reply = Answer;
  std::string text;
  bool fail = false;
  MSGPACK_DEFINE(text, fail)
};

struct Notice {
  static constexpr std::uint16_t type = 901;
  unsigned number = 0;
  MSGPACK_DEFINE(number)
};

struct OpenPipe {
  static constexpr std::uint16_t type = 902;
  using Reply = Notice;
  unsigned number = 0;
  MSGPACK_DEFINE(number)
};

Task<Result<Echo::Answer>> echo(RpcRequest<Echo> request) {
  Echo::Answer answer;
  if (request.message.fail) co_return Error::permanent(Condition::over_quota, "Mailbox full", "detail");
  answer.text = request.message.text;
  answer.count = static_cast<unsigned>(request.descriptors.size());
  Notice notice;
  notice.number = 7;
  request.peer->push(notice);
  co_return std::move(answer);
}

Task<Result<WithDescriptors<Notice>>> open_pipe(RpcRequest<OpenPipe> request) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) co_return Error::temporary(Condition::limit, "pipe");
  const UniqueFd write_end(ends[1]);
  [[maybe_unused]] const auto written = ::write(write_end.get(), "hello", 5);
  WithDescriptors<Notice> reply;
  reply.value.number = request.message.number;
  reply.descriptors.emplace_back(ends[0]);
  co_return std::move(reply);
}

struct Seen {
  std::string text, error, over_pipe;
  unsigned pushed = 0, descriptors = 0;
  bool after_restart = false, lost_is_temporary = false;
};

Task<void> talk(loop::Loop& loop, std::string path, Seen& seen) {
  RpcClient client(loop, path);
  client.on_push<Notice>([&seen](Notice notice) { seen.pushed = notice.number; });
  {
    RpcServer server(loop);
    server.on<Echo>(echo);
    server.on_with_descriptors<OpenPipe>(open_pipe);
    const auto listening = server.listen(path);
    BOOST_TEST_REQUIRE(listening.has_value());
    Echo request;
    request.text = std::string(3'000'000, 'z');
    std::vector<UniqueFd> descriptors;
    for (int i = 0; i < 3; ++i) descriptors.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const auto answer = co_await client.call_with(request, std::move(descriptors), soon());
    if (answer) seen.text = answer->value.text;
    if (answer) seen.descriptors = answer->value.count;
    request.fail = true;
    const auto refused = co_await client.call(request, soon());
    if (!refused && refused.error().condition == Condition::over_quota) seen.error = refused.error().reply;
    OpenPipe pipe;
    const auto opened = co_await client.call_with(pipe, std::vector<UniqueFd>(), soon());
    char buffer[16];
    const auto got = opened ? ::read(opened->descriptors.at(0).get(), buffer, sizeof buffer) : 0;
    seen.over_pipe.assign(buffer, static_cast<std::size_t>(got));
    co_await server.stop(soon());
  }
  Echo request;
  const auto lost = co_await client.call(request, soon());
  seen.lost_is_temporary = !lost && lost.error().kind == Kind::temporary;
  RpcServer again(loop);
  again.on<Echo>(echo);
  const auto listening = again.listen(path);
  BOOST_TEST_REQUIRE(listening.has_value());
  const auto answer = co_await client.call(request, soon());
  seen.after_restart = answer.has_value();
}

}  // namespace

BOOST_AUTO_TEST_CASE(requests_replies_errors_pushes_and_descriptors_pass_and_a_restarted_server_is_found_again) {
  loop::Loop loop;
  const std::string path = "/tmp/mailtree-rpc-test-" + std::to_string(::getpid());
  Seen seen;
  test::run_task(loop, talk(loop, path, seen));
  std::remove(path.c_str());
  BOOST_TEST(seen.text == std::string(3'000'000, 'z'));
  BOOST_TEST(seen.descriptors == 3U);
  BOOST_TEST(seen.error == "Mailbox full");
  BOOST_TEST(seen.over_pipe == "hello");
  BOOST_TEST(seen.pushed == 7U);
  BOOST_TEST(seen.lost_is_temporary);
  BOOST_TEST(seen.after_restart);
}

}  // namespace mailtree::net
