// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>

#include "loop/task_group.h"
#include "net/channel_binding.h"
#include "net/line_reader.h"
#include "net/memory_stream.h"
#include "net/tls_context.h"
#include "support/run_task.h"

namespace mailtree::net {
namespace {

Deadline soon() { return Deadline::after(std::chrono::seconds(5)); }

struct Certificate {
  Certificate() {
    base = "/tmp/mailtree-tls-test-" + std::to_string(::getpid());
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -keyout " +
        base + ".key -out " + base + ".crt 2>/dev/null";
    BOOST_REQUIRE(std::system(command.c_str()) == 0);
  }
  ~Certificate() {
    ::unlink((base + ".key").c_str());
    ::unlink((base + ".crt").c_str());
  }
  std::string base;
};

Task<void> serve(std::unique_ptr<Stream> plain, std::shared_ptr<TlsContext> context, std::string& got, bool& orderly) {
  auto stream = co_await accept_tls(std::move(plain), std::move(context), false, soon());
  if (!stream) co_return;
  for (;;) {
    const auto filled = co_await (*stream)->fill(soon());
    orderly = filled.has_value();
    if (!filled || *filled == 0) break;
    got += (*stream)->input();
    (*stream)->input().clear();
  }
}

Task<void> transfer(loop::Loop& loop, std::string base, bool say_goodbye, std::string& got, bool& orderly) {
  auto server = TlsContext::server(base + ".crt", base + ".key");
  auto client = TlsContext::client(false);
  BOOST_TEST_REQUIRE((server.has_value() && client.has_value()));
  auto pair = memory_stream_pair(loop);
  loop::TaskGroup group(loop);
  group.spawn(serve(std::move(pair.first), *server, got, orderly));
  auto stream = co_await connect_tls(std::move(pair.second), *client, "localhost", soon());
  BOOST_TEST_REQUIRE(stream.has_value());
  BOOST_TEST((*stream)->facts().tls);
  const std::string bytes(1'000'000, 'q');
  const auto written = co_await (*stream)->write(bytes, soon());
  BOOST_TEST(written.has_value());
  if (say_goodbye) {
    const auto shut = co_await (*stream)->shut(soon());
    static_cast<void>(shut);
  }
  stream->reset();
  const auto ended = co_await group.wait(soon());
  BOOST_TEST(ended.has_value());
}

Task<void> accept(std::unique_ptr<Stream> plain, std::shared_ptr<TlsContext> context, std::unique_ptr<Stream>& out) {
  auto stream = co_await accept_tls(std::move(plain), std::move(context), false, soon());
  if (stream) out = std::move(*stream);
}

Task<void> bind_both_ends(loop::Loop& loop, std::string base, ChannelBinding& server_end, ChannelBinding& client_end) {
  auto server = TlsContext::server(base + ".crt", base + ".key");
  auto client = TlsContext::client(false);
  auto pair = memory_stream_pair(loop);
  BOOST_TEST(channel_binding(*pair.first).type.empty());
  loop::TaskGroup group(loop);
  std::unique_ptr<Stream> accepted;
  group.spawn(accept(std::move(pair.first), *server, accepted));
  auto stream = co_await connect_tls(std::move(pair.second), *client, "localhost", soon());
  const auto ended = co_await group.wait(soon());
  BOOST_TEST_REQUIRE((ended.has_value() && stream.has_value() && accepted != nullptr));
  server_end = channel_binding(*accepted);
  client_end = channel_binding(**stream);
}

Task<void> starttls_with_octets_behind(loop::Loop& loop, std::string base, bool& refused) {
  auto server = TlsContext::server(base + ".crt", base + ".key");
  auto pair = memory_stream_pair(loop);
  const std::string early = "NOOP\r\n";
  const auto written = co_await pair.first->write(early, soon());
  static_cast<void>(written);
  const auto stream = co_await accept_tls(std::move(pair.second), *server, true, soon());
  refused = !stream && stream.error().kind == Kind::protocol;
}

}  // namespace

BOOST_AUTO_TEST_CASE(octets_pass_through_tls_and_its_end_is_orderly_only_with_close_notify) {
  const Certificate certificate;
  for (const bool say_goodbye : {true, false}) {
    loop::Loop loop;
    std::string got;
    bool orderly = false;
    test::run_task(loop, transfer(loop, certificate.base, say_goodbye, got, orderly));
    BOOST_TEST(got == std::string(1'000'000, 'q'));
    BOOST_TEST(orderly == say_goodbye);  // T08
  }
}

// RFC 9266. tls-unique of TLS 1.2 is compared with that of another implementation by tests/clients.
BOOST_AUTO_TEST_CASE(both_ends_of_a_connection_have_one_binding_and_no_other_connection_has_it) {
  const Certificate certificate;
  std::string before;
  for (int i = 0; i < 2; ++i) {
    loop::Loop loop;
    ChannelBinding server, client;
    test::run_task(loop, bind_both_ends(loop, certificate.base, server, client));
    BOOST_TEST(server.type == "tls-exporter");
    BOOST_TEST(client.type == "tls-exporter");
    BOOST_TEST(server.data.size() == 32U);
    BOOST_TEST((server.data == client.data));
    BOOST_TEST((server.data != before));
    before = server.data;
  }
}

BOOST_AUTO_TEST_CASE(octets_behind_starttls_are_refused) {  // T01
  const Certificate certificate;
  loop::Loop loop;
  bool refused = false;
  test::run_task(loop, starttls_with_octets_behind(loop, certificate.base, refused));
  BOOST_TEST(refused);
}

BOOST_AUTO_TEST_CASE(a_bad_certificate_is_refused_and_the_old_one_stays) {
  const Certificate certificate;
  TlsStore store(certificate.base + ".crt", certificate.base + ".key");
  BOOST_TEST(store.reload().has_value());
  const auto before = store.current();
  BOOST_REQUIRE(std::system(("echo broken >" + certificate.base + ".crt").c_str()) == 0);
  BOOST_TEST(!store.reload().has_value());
  BOOST_TEST(store.current() == before);
}

}  // namespace mailtree::net
