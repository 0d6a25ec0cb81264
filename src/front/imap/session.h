// SPDX-License-Identifier: Apache-2.0
// IMAP before login (RFC 3501 section 3.1): greeting, then one command at a time until the user has signed in.
#pragma once

#include <string>
#include <string_view>

#include "front/connection.h"
#include "imap/grammar/command_buffer.h"

namespace mailtree::front::imap {

// How a command ended: "OK …", "NO …", "BAD …" without tag and CRLF.
struct Answer {
  explicit Answer(std::string l) : line(std::move(l)) {}
  std::string line;
};

class Session {
 public:
  explicit Session(Connection& connection) : connection_(connection) {}
  Task<void> run();

  // For the commands.
  [[nodiscard]] Connection& connection() { return connection_; }
  [[nodiscard]] std::string_view tag() const { return tag_; }
  void say(std::string_view untagged) { output_.append(untagged); }  // whole lines with CRLF, sent before the answer
  Task<Result<void>> flush();
  // Ends the dialogue: no answer is sent any more (handed over, or the stream has gone).
  void finish() { finished_ = true; }
  // Ends it after the answer (LOGOUT).
  void close_after_answer() { closing_ = true; }
  void count_error() { ++errors_; }
  void set_client_id(std::string id) { client_id_ = std::move(id); }
  Task<std::string> capabilities();
  // After LOGIN or AUTHENTICATE: hands over or says why not.
  Task<Answer> signed_in(ldapauth::SaslReply reply);

 private:
  Task<Result<void>> read_command(mailtree::imap::CommandBuffer& buffer);
  Task<void> handle(mailtree::imap::CommandBuffer& buffer);

  Connection& connection_;
  std::string tag_;
  std::string output_;
  std::string client_id_;
  std::size_t errors_ = 0;
  bool finished_ = false;
  bool closing_ = false;
};

}  // namespace mailtree::front::imap
