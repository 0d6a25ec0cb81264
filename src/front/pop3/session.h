// SPDX-License-Identifier: Apache-2.0
// POP3 in the AUTHORIZATION state (RFC 1939 section 4): greeting, then one command at a time until sign-in or QUIT.
#pragma once

#include <string>
#include <string_view>

#include "front/connection.h"

namespace mailtree::front::pop3 {

class Session {
 public:
  explicit Session(Connection& connection) : connection_(connection) {}
  Task<void> run();

  // For the commands. A reply is whole lines with CRLF.
  [[nodiscard]] Connection& connection() { return connection_; }
  void say(std::string_view reply) { output_.append(reply); }
  void fail(std::string_view reply);  // an "-ERR …" line, counted
  Task<Result<void>> flush();
  void finish() { finished_ = true; }             // handed over, or the stream has gone: say nothing more
  void close_after_reply() { closing_ = true; }
  Task<void> signed_in(ldapauth::SaslReply reply);

  std::string user;  // of USER, until PASS

 private:
  Task<void> handle(std::string line);

  Connection& connection_;
  std::string output_;
  std::size_t errors_ = 0;
  bool finished_ = false;
  bool closing_ = false;
};

}  // namespace mailtree::front::pop3
