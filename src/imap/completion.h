// SPDX-License-Identifier: Apache-2.0
// How a command ended. Handlers return it (or an Error); the session adds tag and CRLF.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace mailtree::imap {

struct Completion {
  enum class Status : unsigned char { ok, no, bad };
  Status status = Status::ok;
  std::string code;  // response code without brackets, may be empty
  std::string text;

  Completion(Status s, std::string c, std::string t) : status(s), code(std::move(c)), text(std::move(t)) {}
  static Completion ok(std::string text) { return {Status::ok, {}, std::move(text)}; }
  static Completion ok(std::string code, std::string text) { return {Status::ok, std::move(code), std::move(text)}; }
  static Completion no(std::string code, std::string text) { return {Status::no, std::move(code), std::move(text)}; }
};

// The one place where failures become IMAP. `try_create`: the command names a target mailbox, so that a missing one is
// [TRYCREATE] (RFC 3501 section 7.1) and not [NONEXISTENT] (RFC 5530).
Completion completion_of(const Error& error, bool try_create);

// "OK [CODE] text" CRLF, behind a tag or "* ".
void append_completion(std::string& out, std::string_view tag, const Completion& completion);

}  // namespace mailtree::imap
