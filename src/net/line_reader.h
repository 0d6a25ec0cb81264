// SPDX-License-Identifier: Apache-2.0
// LineReader: bounded lines and counted octets for all protocols. It keeps nothing itself: unread octets stay in the
// stream's input(), so it costs an idle session nothing and "is anything buffered" has one answer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "loop/task.h"
#include "net/stream.h"

namespace mailtree::net {

class LineReader {
 public:
  explicit LineReader(Stream& stream) : stream_(&stream) {}

  struct Line {
    std::string text;             // without its line end; may hold NUL and bare CR: the protocol judges them
    bool bare_line_feed = false;  // ended by LF alone
    Line() = default;
    explicit Line(std::string t, bool bare) : text(std::move(t)), bare_line_feed(bare) {}
  };

  // The next line, at most `max` octets without the line end. A longer one is swallowed up to its LF in constant
  // memory, at most `swallow_bytes` (then the stream is cancelled), and is Error{protocol, too_long}; the next call
  // reads on behind it. End of stream: Error{cancelled, closed}.
  Task<Result<Line>> line(std::size_t max, Deadline deadline);

  // Waits until at least one octet is buffered and returns a view of at most `max` octets; call take(n) for what was
  // used. The view is valid until the next call or co_await on this stream.
  Task<Result<std::string_view>> some(std::size_t max, Deadline deadline);
  void take(std::size_t octets);

  // Exactly `count` octets (a literal kept in memory; the caller has checked the bound).
  Task<Result<std::string>> exactly(std::size_t count, Deadline deadline);

  // True when a whole line is buffered: the session need not flush its replies yet (pipelining).
  [[nodiscard]] bool has_line() const;
  // Nothing buffered: the check before STARTTLS (T01).
  [[nodiscard]] bool empty() const;
  // Gives the input buffer's memory back when it is empty. Call before a long wait.
  void release_memory();

  static constexpr std::size_t swallow_bytes = 128UL * 1024 * 1024;

 private:
  Stream* stream_;
};

}  // namespace mailtree::net
