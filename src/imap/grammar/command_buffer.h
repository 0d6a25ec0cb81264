// SPDX-License-Identifier: Apache-2.0
// Collects one command from lines and literals and says what to read next (RFC 3501 section 2.2.1, RFC 7888).
// No I/O: the session (or the front end before login) reads, this counts. Literal octets are never taken for commands.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "imap/grammar/limits.h"

namespace mailtree::imap {

struct CommandLimits {
  std::size_t line = max_line_bytes;
  std::size_t literal = max_literal_bytes;
  std::size_t total = max_arguments_bytes;
  bool messages = true;  // the last literal of APPEND is left to be streamed
};

inline constexpr CommandLimits limits_before_login{max_before_login_bytes, max_before_login_bytes,
                                                   max_before_login_bytes, false};

class CommandBuffer {
 public:
  enum class Step : unsigned char {
    complete,  // text() is the command
    literal,   // read octets(), give them to add_literal(), then read a line
    skip,      // read and forget octets(), then read a line: the command is refused already, the stream stays in step
    message,   // text() is the head of an APPEND up to its literal of octets(), for the handler to stream
    refused,   // answer error(); nothing more of this command will come
    lost,      // answer BYE with error(): what follows cannot be told from commands
  };

  explicit CommandBuffer(CommandLimits limits = {}) : limits_(limits) {}

  // A line without its CRLF.
  Step add_line(std::string_view line);
  // May be called with parts; after the last one comes the next line.
  void add_literal(std::string_view octets);

  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::string take_text() { return std::move(text_); }
  [[nodiscard]] std::uint64_t octets() const { return octets_; }
  [[nodiscard]] bool waits() const { return waits_; }  // the client expects "+ " before it sends the literal
  [[nodiscard]] const Error& error() const { return error_; }
  // The tag, also of a refused command; empty if there is none that could be repeated.
  [[nodiscard]] std::string_view tag() const { return tag_; }
  [[nodiscard]] bool empty() const { return text_.empty() && !refused_; }

  // Ready for the next command; gives back memory beyond a small buffer.
  void clear();

 private:
  Step refuse(Error error, bool literal_follows);
  Step begin_literal(std::string_view line);

  CommandLimits limits_;
  std::string text_;
  std::string tag_;
  std::uint64_t octets_ = 0;
  Error error_;
  bool waits_ = false;
  bool refused_ = false;
};

// The tag at the start of a line, empty if it is not one.
std::string_view find_tag(std::string_view line);

}  // namespace mailtree::imap
