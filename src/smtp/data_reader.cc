// SPDX-License-Identifier: Apache-2.0
#include "smtp/data_reader.h"

#include <algorithm>

namespace mailtree::smtp {

std::size_t DataReader::feed(std::string_view input, std::string& out) {
  std::size_t at = 0;
  while (at < input.size() && state_ != State::done) {
    const char c = input[at];
    switch (state_) {
      case State::line_start:
        if (c == '.') ++at;
        state_ = c == '.' ? State::dot : State::text;
        break;
      case State::text: {
        const std::size_t cr = input.find('\r', at);
        const std::size_t end = cr == std::string_view::npos ? input.size() : cr + 1;
        out.append(input, at, end - at);
        if (cr != std::string_view::npos) state_ = State::after_cr;
        at = end;
        break;
      }
      case State::after_cr:
        if (c == '\n' || c == '\r') {
          out += c;
          ++at;
        }
        state_ = c == '\n' ? State::line_start : c == '\r' ? State::after_cr : State::text;
        break;
      case State::dot:  // RFC 5321 4.5.2: the dot goes if anything but CRLF follows
        if (c == '\r') ++at;
        state_ = c == '\r' ? State::dot_cr : State::text;
        break;
      case State::dot_cr:
        if (c == '\n') {
          ++at;
          state_ = State::done;
        } else {
          out += '\r';  // the line was ". CR something": a bare CR, data like any other
          state_ = State::after_cr;
        }
        break;
      case State::done:
        break;
    }
  }
  return at;
}

void DataWriter::feed(std::string_view content, std::string& out) {
  std::size_t at = 0;
  while (at < content.size()) {
    if (after_cr_) {
      after_cr_ = false;
      if (content[at] == '\n') {
        ++at;
        continue;
      }
    }
    if (line_start_ && content[at] == '.') out += '.';
    const std::size_t end = std::min(content.find_first_of("\r\n", at), content.size());
    out.append(content, at, end - at);
    if (end > at) line_start_ = false;
    if (end == content.size()) return;
    out += "\r\n";
    line_start_ = true;
    after_cr_ = content[end] == '\r';
    at = end + 1;
  }
}

void DataWriter::finish(std::string& out) {
  if (!line_start_) out += "\r\n";
  out += ".\r\n";
}

}  // namespace mailtree::smtp
