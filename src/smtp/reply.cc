// SPDX-License-Identifier: Apache-2.0
#include "smtp/reply.h"

#include <utility>

#include "base/ascii.h"
#include "smtp/limits.h"

namespace mailtree::smtp {
namespace {

constexpr std::size_t max_text_octets = 480;  // RFC 5321 4.5.3.1.5: a reply line has 512 with code and CRLF

// The line up to the next '\n' of `text`, which loses it.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

// RFC 5321 4.2: first digit 2 to 5, second 0 to 5, third any.
std::optional<int> reply_code(std::string_view line) {
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !ascii::is_digit(line[1]) || !ascii::is_digit(line[2]))
    return std::nullopt;
  return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

std::size_t digits(std::string_view text, std::size_t from) {
  std::size_t count = 0;
  while (from + count < text.size() && ascii::is_digit(text[from + count])) ++count;
  return count;
}

}  // namespace

std::optional<std::string_view> leading_status(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') || text[1] != '.') return std::nullopt;
  const std::size_t subject = digits(text, 2);
  if (subject < 1 || subject > 3 || 2 + subject >= text.size() || text[2 + subject] != '.') return std::nullopt;
  const std::size_t detail = digits(text, 3 + subject);
  const std::size_t end = 3 + subject + detail;
  if (detail < 1 || detail > 3 || (end < text.size() && text[end] != ' ')) return std::nullopt;
  return text.substr(0, end);
}

std::string Reply::wire() const {
  std::string out;
  std::string_view rest = text;
  do {
    const std::string line = ascii::printable(take_line(rest), max_text_octets);
    out += std::to_string(code);
    out += rest.empty() ? ' ' : '-';
    out += status;
    if (!status.empty() && !line.empty()) out += ' ';
    out += line;
    out += "\r\n";
  } while (!rest.empty());
  return out;
}

std::string Reply::one_line() const {
  std::string out = std::to_string(code);
  if (!status.empty()) out += ' ' + status;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    out += ' ';
    out += ascii::printable(line, max_text_octets);
  }
  return out;
}

ReplyReader::Progress ReplyReader::feed(std::string_view line) {
  const std::optional<int> code = reply_code(line);
  const bool shape = line.size() == 3 || (line.size() > 3 && (line[3] == ' ' || line[3] == '-'));
  ++lines_;
  octets_ += line.size() + 2;
  if (!code || !shape || (lines_ > 1 && *code != reply_.code) || lines_ > limits::reply_lines ||
      octets_ > limits::reply_octets)
    return Progress::broken;
  const bool last = line.size() == 3 || line[3] == ' ';
  std::string_view text = line.size() > 4 ? line.substr(4) : std::string_view();
  if (const auto status = leading_status(text); status && status->front() == line.front()) {
    reply_.status = *status;  // RFC 2034 section 4: each line repeats it
    text.remove_prefix(std::min(text.size(), status->size() + 1));
  }
  if (lines_ > 1) reply_.text += '\n';
  reply_.text += ascii::printable(text, max_text_octets);
  reply_.code = *code;
  return last ? Progress::complete : Progress::more;
}

Reply ReplyReader::take() {
  lines_ = 0;
  octets_ = 0;
  return std::exchange(reply_, Reply{});
}

}  // namespace mailtree::smtp
