// SPDX-License-Identifier: Apache-2.0
// A server of its own before the slapd of this program, and a client that talks to it.
#pragma once

#include <boost/test/unit_test.hpp>

#include "ldapauth/client.h"
#include "ldapauth/daemon/options.h"
#include "ldapauth/daemon/server.h"
#include "loop/listen_socket.h"
#include "private_slapd.h"
#include "support/run_task.h"

namespace mailtree::test {

using namespace mailtree::ldapauth;
using loop::Loop;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

inline PrivateSlapd& slapd() {
  static PrivateSlapd one;
  return one;
}

inline Options make_options() {
  Options options;
  options.mechanisms = {"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"};
  options.directory.uris = {slapd().fact("uri")};
  options.directory.bind_dn = slapd().fact("service_dn");
  options.directory.password_file = slapd().fact("service_password_file");
  options.directory.base_dn = slapd().fact("base");
  options.host_name = "mx.test";
  options.postmaster = "user10@alpha.test";
  options.default_domain = "alpha.test";
  options.plaintext_networks.push_back(*config::Network::parse("127.0.0.0/8"));
  options.throttle.exempt_networks = options.plaintext_networks;
  return options;
}

// One conversation with a server of its own. A script is a coroutine over it.
struct Talk {
  explicit Talk(Options options = make_options())
      : path(shell("mktemp -u /tmp/mailtree-ldapauth.XXXXXX")), server(loop, std::move(options)) {
    path.pop_back();
    auto listening = loop::listen_unix(path, 0600);
    BOOST_REQUIRE(listening);
    BOOST_REQUIRE(server.start(std::move(*listening), {}));
    client = std::make_unique<Client>(loop, path);
  }
  ~Talk() { unlink(path.c_str()); }

  void run(Task<void> (*script)(Talk&)) { run_task(loop, guarded(*this, script)); }
  static Task<void> guarded(Talk& talk, Task<void> (*script)(Talk&)) {
    Talk& here = talk;
    co_await script(here);
    co_await here.server.stop();
  }

  Task<RecipientAnswer> resolve(std::string address) {
    ResolveRecipient request;
    request.address = std::move(address);
    RecipientAnswer answer = co_await client->resolve_recipient(std::move(request));
    co_return std::move(answer);
  }
  Task<SaslState> sign_in(std::string login, std::string password) {
    CheckPassword request;
    request.peer.service = "imap";
    request.peer.peer_address = "127.0.0.1";
    request.login = std::move(login);
    request.password = std::move(password);
    const SaslReply reply = co_await client->check_password(std::move(request));
    co_return reply.state;
  }
  // Until the subscription runs.
  Task<void> wait_subscribed() {
    bool subscribed = false;
    while (!subscribed) {
      const DirectoryStatusReply status = co_await client->status();
      subscribed = status.subscribed;
      if (!subscribed) co_await loop::sleep(loop, milliseconds(20));
    }
  }
  // How long until `address` has `outcome`; gives up after 10 s.
  Task<milliseconds> until(std::string address, Outcome outcome) {
    const auto begin = steady_clock::now();
    while (steady_clock::now() - begin < milliseconds(10'000)) {
      const RecipientAnswer answer = co_await resolve(address);
      if (answer.outcome == outcome) break;
      co_await loop::sleep(loop, milliseconds(10));
    }
    co_return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }

  Loop loop;
  std::string path;
  Server server;
  std::unique_ptr<Client> client;
};

inline std::string new_user(const std::string& uid, const std::string& domain) {
  return "dn: uid=" + uid + ",ou=People,o=" + domain + ",o=mailtree\nobjectClass: inetOrgPerson\n" +
         "objectClass: inetUser\nobjectClass: inetMailUser\nobjectClass: inetLocalMailRecipient\nuid: " + uid +
         "\ncn: " + uid + "\nsn: " + uid + "\nmail: " + uid + "@" + domain + "\nuserPassword: first\n\n";
}

inline std::string replace(const std::string& dn, const std::string& attribute, const std::string& value) {
  return "dn: " + dn + "\nchangetype: modify\nreplace: " + attribute + "\n" + attribute + ": " + value + "\n\n";
}

}  // namespace mailtree::test
