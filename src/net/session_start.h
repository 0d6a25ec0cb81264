// SPDX-License-Identifier: Apache-2.0
// SessionStart: how a connection whose user has signed in comes from a front to imapd or pop3d. The first and only
// frame on a new connection to their Unix socket; a plain connection comes along as a descriptor, otherwise the Unix
// connection itself is the session's octet stream from then on (the front splices it to the encrypted one).
#pragma once

#include <cstdint>
#include <memory>
#include <msgpack/adaptor/bool.hpp>
#include <msgpack/adaptor/define.hpp>
#include <msgpack/adaptor/int.hpp>
#include <msgpack/adaptor/string.hpp>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/loop.h"
#include "net/stream.h"

namespace mailtree::net {

struct SessionStart {
  static constexpr std::uint16_t type = 50;

  std::string protocol;    // "imap" or "pop3"
  std::string account;     // encoded ldapauth::Account (net::encode)
  std::string session_id;  // for the log
  std::string login_tag;   // IMAP: tag of the command to be completed by the receiver
  std::string client_id;   // IMAP ID before login, printable
  std::string peer_host;
  std::uint16_t peer_port = 0;
  bool tls = false;
  std::string unread;  // octets the client sent behind the login command
  MSGPACK_DEFINE(protocol, account, session_id, login_tag, client_id, peer_host, peer_port, tls, unread)
};

// A received session: `stream` is ready, its input() already holds `start.unread`.
struct StartedSession {
  SessionStart start;
  std::unique_ptr<Stream> stream;
  StartedSession() = default;
  StartedSession(SessionStart s, std::unique_ptr<Stream> o) : start(std::move(s)), stream(std::move(o)) {}
};

// Receiver's side: reads the frame from a connection accepted on the Unix socket, within `deadline`.
Task<Result<StartedSession>> receive_session(loop::Loop& loop, UniqueFd connection, Deadline deadline);

// Front's side; `connection` is one to the receiver's socket (Channel::connect). Passes `descriptor` along when valid
// (plain connection), and is done; otherwise returns the stream to splice with.
Task<Result<std::unique_ptr<Stream>>> send_session(loop::Loop& loop, UniqueFd connection, SessionStart start,
                                                   UniqueFd descriptor, Deadline deadline);

}  // namespace mailtree::net
