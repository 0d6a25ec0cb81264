// SPDX-License-Identifier: Apache-2.0
// Builds the line and writes it. Thread-safe: each line is a local string and one system call.
#include "log/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <ctime>

#include "log/events.h"

namespace mailtree::log {
namespace {

std::string daemon_name = "mailtree";
std::atomic<Level> threshold{Level::info};
std::atomic<Sink> test_sink{nullptr};

bool is_plain(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u > 0x20 && u < 0x7f && c != '"' && c != '\\' && c != '=';
}

bool needs_quotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (!is_plain(c)) return true;
  }
  return false;
}

void append_escaped_octet(std::string& line, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto u = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    line += '\\';
    line += c;
  } else if (c == '\n') {
    line += "\\n";
  } else if (c == '\r') {
    line += "\\r";
  } else if (c == '\t') {
    line += "\\t";
  } else if (u < 0x20 || u >= 0x7f) {
    line += "\\x";
    line += digits[u >> 4];
    line += digits[u & 15];
  } else {
    line += c;
  }
}

void append_text(std::string& line, std::string_view text) {
  const bool cut = text.size() > max_value_bytes;
  text = text.substr(0, max_value_bytes);
  if (!needs_quotes(text) && !cut) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) append_escaped_octet(line, c);
  if (cut) line += "...";
  line += '"';
}

void append_time(std::string& line) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm parts{};
  gmtime_r(&now.tv_sec, &parts);
  std::array<char, 40> text{};
  const std::size_t used = strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 16> fraction{};
  const int more = std::snprintf(fraction.data(), fraction.size(), ".%06ldZ", now.tv_nsec / 1000);
  line.append(text.data(), used);
  line.append(fraction.data(), static_cast<std::size_t>(more));
}

void write_line(std::string& line) {
  if (const Sink sink = test_sink.load(); sink != nullptr) {
    sink(line);
    return;
  }
  if (line.size() > max_line_bytes - 1) line.resize(max_line_bytes - 1);
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody to tell
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string start_line(Level level, std::string_view name) {
  std::string line;
  line.reserve(256);
  line += "time=";
  append_time(line);
  line += " level=";
  line += name_of(level);
  line += " daemon=";
  line += daemon_name;
  line += " pid=";
  line += std::to_string(::getpid());
  line += " event=";
  line += name;
  return line;
}

// The vocabulary is checked in the sources by tests/house; this catches names put together at run time.
void complain_about_unknown(std::string_view name) {
  static std::atomic<bool> done{false};
  if (is_known(name) || done.exchange(true)) return;
  std::string line = start_line(Level::warning, "log.event.unknown");
  line += " name=";
  append_text(line, name);
  write_line(line);
}

}  // namespace

void Field::append_value(std::string& line) const {
  std::array<char, 32> digits{};
  char* const end = digits.data() + digits.size();
  switch (form_) {
    case Form::text:
      append_text(line, text_);
      return;
    case Form::number:
      line.append(digits.data(), std::to_chars(digits.data(), end, number_).ptr);
      return;
    case Form::negative:
      line.append(digits.data(), std::to_chars(digits.data(), end, static_cast<std::int64_t>(number_)).ptr);
      return;
    case Form::real:
      line.append(digits.data(), std::to_chars(digits.data(), end, real_, std::chars_format::fixed, 6).ptr);
      return;
  }
}

void event(Level level, std::string_view name, std::initializer_list<Field> fields) { event(level, name, fields, {}); }

void event(Level level, std::string_view name, std::initializer_list<Field> fields, std::string_view session) {
  if (!enabled(level)) return;
  complain_about_unknown(name);
  const int saved_errno = errno;
  std::string line = start_line(level, name);
  if (!session.empty()) {
    line += " session=";
    append_text(line, session);
  }
  for (const Field& field : fields) {
    line += ' ';
    line += field.key();
    line += '=';
    field.append_value(line);
  }
  write_line(line);
  errno = saved_errno;
}

void set_daemon(std::string_view name) { daemon_name = name; }
void set_threshold(Level level) { threshold.store(level); }
bool enabled(Level level) { return level >= threshold.load(std::memory_order_relaxed); }
void set_sink(Sink sink) { test_sink.store(sink); }

std::string_view name_of(Level level) {
  constexpr std::array<std::string_view, 5> names = {"debug", "info", "warning", "error", "alarm"};
  return names.at(static_cast<std::size_t>(level));
}

}  // namespace mailtree::log
