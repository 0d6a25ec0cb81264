// SPDX-License-Identifier: Apache-2.0
// The octets after 354 (RFC 5321 4.1.1.4, 4.5.2): finds the one end of data, CRLF.CRLF, and undoes dot-stuffing.
// Nothing else ends a message, so nothing in it can be run as a command. What the octets are is ContentInspector's
// work.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mailtree::smtp {

// Holds one state, no octets. Any split of the input into pieces gives the same output.
class DataReader {
 public:
  // Appends the message octets of `input` to `out`. Returns how many octets of `input` were used: all of them, unless
  // done() became true; the rest belongs to the next command.
  std::size_t feed(std::string_view input, std::string& out);
  [[nodiscard]] bool done() const { return state_ == State::done; }

 private:
  // The dot that starts a line is held back until it is known whether it ends the data.
  enum class State : unsigned char { line_start, text, after_cr, dot, dot_cr, done };
  State state_ = State::line_start;
};

// The other way round, for a client: the octets that go out after 354.
class DataWriter {
 public:
  // Bare CR and bare LF become CRLF, so that every reader sees the same lines; dots at line starts are doubled.
  void feed(std::string_view content, std::string& out);
  // Completes an unfinished last line and ends the data. The writer may not be used after this.
  void finish(std::string& out);

 private:
  bool line_start_ = true;
  bool after_cr_ = false;  // CRLF is already written; an LF that follows belongs to it
};

}  // namespace mailtree::smtp
