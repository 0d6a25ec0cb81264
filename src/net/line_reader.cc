// SPDX-License-Identifier: Apache-2.0
#include "net/line_reader.h"

#include <algorithm>

namespace mailtree::net {
namespace {

Error ended() {
  return Error::cancelled(Condition::closed, "end of stream");
}

}  // namespace

Task<Result<LineReader::Line>> LineReader::line(std::size_t max, Deadline deadline) {
  std::size_t searched = 0;   // no LF before this
  std::size_t swallowed = 0;  // octets of an over-long line thrown away
  for (;;) {
    std::string& input = stream_->input();
    const std::size_t feed = input.find('\n', searched);
    if (feed != std::string::npos) {
      const bool crlf = feed > 0 && input[feed - 1] == '\r';
      const std::size_t length = crlf ? feed - 1 : feed;
      const bool fits = swallowed == 0 && length <= max;
      Line found(fits ? input.substr(0, length) : std::string(), !crlf);
      take(feed + 1);
      if (!fits) co_return Error{Kind::protocol, Condition::too_long, "Line too long", {}};
      co_return std::move(found);
    }
    // Two octets of reserve: a line of exactly `max` octets may still lack its LF.
    if (input.size() > max + 2) {
      // The last octet stays: it may be the CR of the line end.
      swallowed += input.size() - 1;
      input.erase(0, input.size() - 1);
    }
    if (swallowed > swallow_bytes) {
      const Error error = Error::cancelled(Condition::too_long, "endless line");
      stream_->cancel(error);
      co_return error;
    }
    searched = input.size();
    const auto filled = co_await stream_->fill(deadline);
    if (!filled) co_return filled.error();
    if (*filled == 0) co_return ended();
  }
}

Task<Result<std::string_view>> LineReader::some(std::size_t max, Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  if (stream_->input().empty()) {
    const auto filled = co_await stream_->fill(deadline);
    if (!filled) co_return filled.error();
    if (*filled == 0) co_return ended();
  }
  const std::string_view buffered = stream_->input();
  co_return buffered.substr(0, max);
}

void LineReader::take(std::size_t octets) {
  std::string& input = stream_->input();
  if (octets >= input.size())
    input.clear();
  else
    input.erase(0, octets);
}

Task<Result<std::string>> LineReader::exactly(std::size_t count, Deadline deadline) {
  std::string octets;
  while (octets.size() < count) {
    const auto got = co_await some(count - octets.size(), deadline);
    if (!got) co_return got.error();
    octets.append(*got);
    take(got->size());
  }
  co_return octets;
}

bool LineReader::has_line() const {
  return stream_->input().find('\n') != std::string::npos;
}

bool LineReader::empty() const {
  return stream_->input().empty();
}

void LineReader::release_memory() {
  std::string& input = stream_->input();
  if (input.empty() && input.capacity() > 64) std::string().swap(input);
}

}  // namespace mailtree::net
