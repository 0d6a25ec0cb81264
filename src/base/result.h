// SPDX-License-Identifier: Apache-2.0
// Result<T>: what happened, as a value. The only error type that crosses folders. Exceptions are for bugs alone.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace mailtree {

// Who has to act. Unknown failures are temporary: only a definite answer may become permanent.
enum class Kind : unsigned char {
  temporary,  // try again later: 4xx, NO [UNAVAILABLE], -ERR [SYS/TEMP]
  permanent,  // will fail again: 5xx, NO, -ERR
  protocol,   // the peer broke the protocol: 500/501, BAD
  cancelled,  // deadline, stop, or the peer has gone: the session ends
};

// What it is about, so that each protocol picks its code in one place. Stable numbers: they travel between processes.
enum class Condition : unsigned char {
  none = 0,
  unavailable = 1,     // a part of ours is down or slow
  no_such_user = 2,
  no_such_mailbox = 3,
  exists = 4,
  over_quota = 5,
  too_big = 6,
  limit = 7,           // a configured bound was reached
  denied = 8,          // not allowed for this identity
  bad_credentials = 9,
  inactive = 10,       // the account or domain may not do this now
  storage = 11,        // disk full or failing
  damaged = 12,
  timeout = 13,
  closed = 14,         // end of stream
  stopping = 15,       // the server is going down
  too_long = 16,       // a line or literal over its bound
  syntax = 17,
  bare_line_end = 18,  // CR or LF alone
  no_such_message = 19,
  cannot = 20,         // RFC 9051 [CANNOT]: can never work
};

// An outcome that is not the wished one. `reply` may be shown to strangers; `detail` is for the log only.
struct Error {
  Kind kind = Kind::temporary;
  Condition condition = Condition::none;
  std::string reply;
  std::string detail;

  static Error temporary(Condition condition, std::string detail) {
    return {Kind::temporary, condition, "Temporary failure, try again later", std::move(detail)};
  }
  static Error permanent(Condition condition, std::string reply, std::string detail = {}) {
    return {Kind::permanent, condition, std::move(reply), std::move(detail)};
  }
  static Error protocol(std::string reply, std::string detail = {}) {
    return {Kind::protocol, Condition::syntax, std::move(reply), std::move(detail)};
  }
  static Error cancelled(Condition condition, std::string detail = {}) {
    return {Kind::cancelled, condition, "Connection closing", std::move(detail)};
  }
};

// Like std::expected<T, Error> (absent from this compiler), with the same member names.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool has_value() const { return content_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& value() {
    if (!has_value()) std::abort();
    return *std::get_if<0>(&content_);
  }
  const T& value() const {
    if (!has_value()) std::abort();
    return *std::get_if<0>(&content_);
  }
  [[nodiscard]] const Error& error() const {
    if (has_value()) std::abort();
    return *std::get_if<1>(&content_);
  }

 private:
  std::variant<T, Error> content_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool has_value() const { return !failed_; }
  explicit operator bool() const { return !failed_; }
  [[nodiscard]] const Error& error() const {
    if (!failed_) std::abort();
    return error_;
  }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace mailtree
