// SPDX-License-Identifier: Apache-2.0
// A reply of SMTP (RFC 5321 4.2) with its enhanced status code (RFC 2034, RFC 3463): what servers print and clients
// read. Which reply fits which failure is decided elsewhere (server/replies.h).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace mailtree::smtp {

struct Reply {
  int code = 0;        // 200…599; 0 = none yet
  std::string status;  // "5.1.1", empty if the reply has none (greeting, EHLO, 354)
  std::string text;    // lines separated by '\n'; printable once it was made by ReplyReader or wire()

  [[nodiscard]] bool positive() const { return code >= 200 && code < 400; }
  [[nodiscard]] bool temporary() const { return code >= 400 && code < 500; }
  [[nodiscard]] bool permanent() const { return code >= 500; }

  // All lines with CRLF. Control and 8-bit octets become '?', so that no text can forge another line.
  [[nodiscard]] std::string wire() const;
  // One line for logs and delivery reports: "550 5.1.1 No such user".
  [[nodiscard]] std::string one_line() const;
};

// Grammar functions answer with the value, or with the reply that refuses it.
template <typename T>
using Parsed = std::variant<T, Reply>;

// Puts a reply together from its lines, as a client. Bounds: limits::reply_lines, limits::reply_octets.
class ReplyReader {
 public:
  enum class Progress : unsigned char { more, complete, broken };

  // One line without its line end. After complete or broken, take() gives the reply and resets.
  // broken: not a reply (no code, codes that differ, too long); the connection is of no more use.
  Progress feed(std::string_view line);
  Reply take();

 private:
  Reply reply_;
  std::size_t lines_ = 0;
  std::size_t octets_ = 0;
};

// "x.y.z" at the front of `text`, followed by a blank or the end (RFC 3463 section 2).
std::optional<std::string_view> leading_status(std::string_view text);

}  // namespace mailtree::smtp
