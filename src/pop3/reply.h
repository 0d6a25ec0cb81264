// SPDX-License-Identifier: Apache-2.0
// Status lines of POP3 (RFC 1939 section 3) with their response codes (RFC 2449 section 8, RFC 3206). Handlers return
// one; only the session prints it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mailtree::pop3 {

struct Reply {
  enum class State : unsigned char {
    ok,
    error,
    said,  // the handler has sent all of its answer itself
  };
  State state = State::ok;
  std::string text;           // one line, our own words, with a code in brackets where there is one
  bool client_fault = false;  // counts towards the errors a session may make

  static Reply ok(std::string text) { return {State::ok, std::move(text), false}; }
  static Reply error(std::string text) { return {State::error, std::move(text), false}; }
  static Reply fault(std::string text) { return {State::error, std::move(text), true}; }
  static Reply said() { return {State::said, {}, false}; }
};

// What a client is told about a failure that is not its fault. Details stay in the log.
Reply reply_to(const Error& error);

// "+OK text" or "-ERR text" with its line end; nothing for State::said.
std::string print(const Reply& reply);

}  // namespace mailtree::pop3
