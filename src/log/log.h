// SPDX-License-Identifier: Apache-2.0
// Structured events: one line each, logfmt, one write(2) to stderr. The names are a fixed vocabulary: events.h.
// Values of strangers are escaped here, so callers pass them as they are. Not a place for secrets or message text.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace mailtree::log {

enum class Level : unsigned char {
  debug,    // for development; off unless asked for
  info,     // the normal course, worth a line in production
  warning,  // something did not go as wished and was dealt with
  error,    // something failed and somebody notices
  alarm,    // a person has to look now: damage, loss of a promise
};

// One key=value pair. Holds views: it lives as long as the expression that calls event().
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), text_(value) {}
  Field(std::string_view key, const std::string& value) : key_(key), text_(value) {}
  Field(std::string_view key, const char* value) : key_(key), text_(value == nullptr ? "" : value) {}
  Field(std::string_view key, bool value) : key_(key), text_(value ? "true" : "false") {}
  Field(std::string_view key, double value) : key_(key), real_(value), form_(Form::real) {}
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view key, T value) : key_(key) {
    form_ = value < T{0} ? Form::negative : Form::number;
    number_ = static_cast<std::uint64_t>(value);
  }

  [[nodiscard]] std::string_view key() const { return key_; }
  void append_value(std::string& line) const;  // escaped

 private:
  enum class Form : unsigned char { text, number, negative, real };
  std::string_view key_;
  std::string_view text_;
  std::uint64_t number_ = 0;
  double real_ = 0;
  Form form_ = Form::text;
};

// Writes one line. A line is cut at max_line_bytes, so that lines of several processes never mix in a pipe.
void event(Level level, std::string_view name, std::initializer_list<Field> fields = {});

// The same with session=`session` before the other fields, so that the lines of one session can be found.
void event(Level level, std::string_view name, std::initializer_list<Field> fields, std::string_view session);

constexpr std::size_t max_line_bytes = 4096;   // PIPE_BUF: one write, never torn
constexpr std::size_t max_value_bytes = 1024;  // of one value before escaping; the rest becomes "..."

// Process-wide, set once in main() before the first thread.
void set_daemon(std::string_view name);
void set_threshold(Level level);  // lower levels are dropped; info at the start
[[nodiscard]] bool enabled(Level level);

// Tests: every line goes to `sink` (without the line end) instead of stderr; nullptr restores.
using Sink = void (*)(std::string_view line);
void set_sink(Sink sink);

std::string_view name_of(Level level);

}  // namespace mailtree::log
