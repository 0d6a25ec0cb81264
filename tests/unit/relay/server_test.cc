// SPDX-License-Identifier: Apache-2.0
#include "relay/server.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "config/settings.h"
#include "fake_dns.h"
#include "sink.h"
#include "support/run_task.h"

namespace mailtree::relay {
namespace {

using loop::Deadline;
using loop::Task;

const std::string letter = "Return-Path: <ann@land.test>\r\nSubject: hello\r\n\r\n.dot\r\nbody\r\n";

class World {
 public:
  World() : dns(loop) {
    char name[] = "/tmp/mailtree-relay-XXXXXX";
    path = ::mkdtemp(name);
    settings.run_directory = path;
    settings.host_name = "mx.alpha.test";
    settings.relay.dns_forwarders = {"127.0.0.1:" + std::to_string(dns.port)};
    settings.relay.connect_timeout_seconds = 3;
    settings.relay.command_timeout_seconds = 3;
  }
  ~World() {
    for (int i = 0; i < 3; ++i) loop.run_once();
    std::filesystem::remove_all(path);
  }

  // One attempt at `domain`, by a server of its own.
  Attempted attempt(const std::string& domain, const std::string& route = "") {
    Attempt request;
    request.queue_id = std::string(32, 'a');
    request.domain = domain;
    request.route = route;
    request.sender = "ann@land.test";
    request.recipients = {{"bob@" + domain, "", 0}, {"carl@" + domain, "", 0}};
    request.size = letter.size();
    request.skip = letter.find("Subject");
    Attempted answer;
    test::run_task(loop, ask(*this, std::move(request), answer));
    BOOST_REQUIRE(answer.results.size() == 2U);
    return answer;
  }

  loop::Loop loop;
  FakeDns dns;
  config::Settings settings;
  std::string path;

 private:
  static Task<void> ask(World& world, Attempt request, Attempted& answer) {
    auto server = Server::create(world.loop, world.settings);
    BOOST_REQUIRE(server.has_value());
    auto fd = loop::listen_unix(world.settings.socket("relayd"), 0600);
    BOOST_REQUIRE(fd.has_value());
    (*server)->serve(std::move(*fd));
    auto client = std::make_unique<net::RpcClient>(world.loop, world.settings.socket("relayd"));
    UniqueFd message(::memfd_create("letter", MFD_CLOEXEC));
    BOOST_REQUIRE(::write(message.get(), letter.data(), letter.size()) == static_cast<ssize_t>(letter.size()));
    std::vector<UniqueFd> descriptors;
    descriptors.push_back(std::move(message));
    const Deadline deadline = Deadline::after(std::chrono::seconds(15));
    auto reply = co_await client->call_with(request, std::move(descriptors), deadline);
    BOOST_REQUIRE_MESSAGE(reply.has_value(), "no answer");
    answer = reply->value;
    client->disconnect();
    co_await (*server)->stop(Deadline::after(std::chrono::seconds(2)));
    co_await loop::sleep(world.loop, std::chrono::milliseconds(50));  // the receiver of the closed channel ends
  }
};

bool all(const Attempted& answer, std::uint8_t outcome, const std::string& status) {
  return std::all_of(answer.results.begin(), answer.results.end(), [&](const RecipientResult& result) {
    return result.outcome == outcome && result.status.starts_with(status);
  });
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(server, World)

BOOST_AUTO_TEST_CASE(mail_goes_to_the_best_mx_that_answers) {
  Sink sink("127.0.0.3", 0);
  settings.relay.port = sink.port;
  dns.mx("far.test", 10, "dead.far.test");
  dns.mx("far.test", 20, "alive.far.test");
  dns.a("dead.far.test", "127.0.0.2");  // nobody listens
  dns.a("alive.far.test", "127.0.0.3");
  const Attempted answer = attempt("far.test");
  BOOST_TEST(all(answer, outcome::delivered, "2.0.0"));
  BOOST_TEST(answer.results[0].remote_host == "alive.far.test [127.0.0.3]");
  BOOST_TEST(!answer.unreachable);
  const auto lines = sink.lines();
  BOOST_TEST(has(lines, "MAIL FROM:<ann@land.test>"));
  BOOST_TEST(has(lines, "RCPT TO:<bob@far.test>"));
  BOOST_TEST(has(lines, "Subject: hello"));
  BOOST_TEST(has(lines, "..dot"));
  BOOST_TEST(!has(lines, "Return-Path: <ann@land.test>"));
}

BOOST_AUTO_TEST_CASE(a_domain_without_mx_is_its_own_host) {
  Sink sink("127.0.0.3", 0);
  settings.relay.port = sink.port;
  dns.a("far.test", "127.0.0.3");
  BOOST_TEST(all(attempt("far.test"), outcome::delivered, "2.0.0"));
}

// RFC 7505
BOOST_AUTO_TEST_CASE(a_null_mx_is_permanent) {
  dns.mx("none.test", 0, "");
  const Attempted answer = attempt("none.test");
  BOOST_TEST(all(answer, outcome::permanent, "5.1.10"));
  BOOST_TEST(!answer.unreachable);
}

// R05
BOOST_AUTO_TEST_CASE(a_name_that_does_not_exist_is_permanent) {
  BOOST_TEST(all(attempt("nowhere.test"), outcome::permanent, "5.1.2"));
}

// R05
BOOST_AUTO_TEST_CASE(a_failing_name_server_is_temporary) {
  dns.fail("sick.test");
  const Attempted answer = attempt("sick.test");
  BOOST_TEST(all(answer, outcome::temporary, "4.4.3"));
  BOOST_TEST(answer.unreachable);
}

// R04
BOOST_AUTO_TEST_CASE(an_mx_that_is_ourselves_is_a_loop) {
  dns.mx("loop.test", 10, "mx.alpha.test");
  dns.a("mx.alpha.test", "192.0.2.1");
  BOOST_TEST(all(attempt("loop.test"), outcome::permanent, "5.4.6"));
  settings.listeners.smtp = {{"0.0.0.0", 24599}};
  settings.relay.port = 24599;
  dns.mx("back.test", 10, "other.back.test");
  dns.a("other.back.test", "127.0.0.1");
  BOOST_TEST(all(attempt("back.test"), outcome::permanent, "5.4.6"));
}

// R04
BOOST_AUTO_TEST_CASE(an_mx_on_the_loopback_is_no_host) {
  for (const char* address : {"127.0.0.1", "0.0.0.0", "255.255.255.255"}) {
    dns.mx("inner.test", 10, "local.inner.test");
    dns.a("local.inner.test", address);
  }
  BOOST_TEST(all(attempt("inner.test"), outcome::permanent, "5.4.4"));
}

BOOST_AUTO_TEST_CASE(an_unreachable_host_is_temporary_for_the_whole_destination) {
  settings.relay.port = 24598;
  dns.a("down.test", "127.0.0.2");
  const Attempted answer = attempt("down.test");
  BOOST_TEST(all(answer, outcome::temporary, "4.4.1"));
  BOOST_TEST(answer.unreachable);
}

BOOST_AUTO_TEST_CASE(a_refused_recipient_does_not_stop_the_other) {
  Sink sink("127.0.0.1", 0, [](const std::string& line) {
    return line.starts_with("RCPT TO:<bob") ? std::string("550 5.1.1 No such user\r\n") : std::string();
  });
  const Attempted answer = attempt("far.test", "127.0.0.1:" + std::to_string(sink.port));
  BOOST_TEST(answer.results[0].outcome == outcome::permanent);
  BOOST_TEST(answer.results[0].reply == "550 5.1.1 No such user");
  BOOST_TEST(answer.results[0].status == "5.1.1");
  BOOST_TEST(answer.results[1].outcome == outcome::delivered);
}

// R09
BOOST_AUTO_TEST_CASE(a_connection_lost_at_the_end_is_temporary_and_tried_at_no_other_host) {
  Sink sink("127.0.0.3", 0, [](const std::string& line) { return line == "." ? std::string("close") : std::string(); });
  settings.relay.port = sink.port;
  dns.a("far.test", "127.0.0.3");
  dns.a("far.test", "127.0.0.3");
  const Attempted answer = attempt("far.test");
  BOOST_TEST(all(answer, outcome::temporary, ""));
  BOOST_TEST(sink.connections == 1);
}

// S17
BOOST_AUTO_TEST_CASE(hostile_greetings_are_temporary) {
  for (const char* greeting : {"hello\r\n", "220-x\r\n", "421 4.3.2 later\r\n", "554 5.7.1 go away\r\n", "999 x\r\n"}) {
    const auto behave = [&](const std::string& line) { return std::string(line.empty() ? greeting : ""); };
    Sink sink("127.0.0.1", 0, behave);
    const Attempted answer = attempt("far.test", "127.0.0.1:" + std::to_string(sink.port));
    BOOST_TEST(all(answer, outcome::temporary, ""), greeting);
    BOOST_TEST(answer.unreachable, greeting);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::relay
