// SPDX-License-Identifier: Apache-2.0
// What every connection of the front end uses: settings as values, the certificate, the way to ldapauthd.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "loop/loop.h"
#include "net/rpc.h"
#include "net/tls_context.h"

namespace mailtree::front {

struct Options {
  std::string host_name;
  std::string ldapauth_socket, imapd_socket, pop3d_socket;
  std::string tls_certificate, tls_key;  // empty: no TLS is offered
  std::size_t max_connections = 40000;
  std::size_t max_connections_per_client = 200;
  std::chrono::seconds login_timeout{180};     // from the greeting to the hand-over
  std::chrono::seconds handshake_timeout{10};  // T06
  std::size_t max_errors = 3;
  // Numeric address -> may it sign in without TLS, is it free of client limits?
  std::function<bool(const std::string&)> may_login_in_clear;
  std::function<bool(const std::string&)> is_limit_exempt;
};

struct Services {
  Services(loop::Loop& l, const Options& o, net::RpcClient& d, net::TlsStore* t)
      : loop(l), options(o), directory(d), tls(t) {}
  loop::Loop& loop;
  const Options& options;
  net::RpcClient& directory;
  net::TlsStore* tls;  // null: none configured
};

}  // namespace mailtree::front
