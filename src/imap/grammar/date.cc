// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: date-text, date-time, zone.
#include "imap/grammar/date.h"

#include <algorithm>
#include <chrono>

#include "base/ascii.h"

namespace mailtree::imap {
namespace {

constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr std::int64_t seconds_of_day = 86400;

// Fixed-width reader over the text between the quotes.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : text_(text) {}
  bool skip(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Between `least` and `most` digits, value at most `max`.
  bool number(std::size_t least, std::size_t most, unsigned max, unsigned& out) {
    std::size_t count = 0;
    while (count < most && count < text_.size() && ascii::is_digit(text_[count])) ++count;
    const auto value = ascii::number<unsigned>(text_.substr(0, count), max);
    if (count < least || !value) return false;
    out = *value;
    text_.remove_prefix(count);
    return true;
  }
  bool month(unsigned& out) {
    for (unsigned m = 0; m < 12; ++m) {
      if (!ascii::equal(text_.substr(0, 3), months.substr(std::size_t{m} * 3, 3))) continue;
      out = m + 1;
      text_.remove_prefix(3);
      return true;
    }
    return false;
  }
  [[nodiscard]] bool done() const { return text_.empty(); }

 private:
  std::string_view text_;
};

// day "-" month "-" year
bool read_day(FieldReader& in, std::size_t least_digits, std::int64_t& day) {
  unsigned d = 0;
  unsigned m = 0;
  unsigned y = 0;
  if (!in.number(least_digits, 2, 31, d) || !in.skip('-') || !in.month(m) || !in.skip('-')) return false;
  if (!in.number(4, 4, 9999, y)) return false;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(y)), std::chrono::month(m),
                                         std::chrono::day(d)};
  if (!date.ok()) return false;
  day = std::chrono::sys_days(date).time_since_epoch().count();
  return true;
}

bool read_time(FieldReader& in, std::int64_t& seconds) {
  unsigned h = 0;
  unsigned m = 0;
  unsigned s = 0;
  if (!in.number(2, 2, 23, h) || !in.skip(':') || !in.number(2, 2, 59, m) || !in.skip(':')) return false;
  if (!in.number(2, 2, 60, s)) return false;  // 60: a leap second
  seconds = std::int64_t{h} * 3600 + m * 60 + s;
  return true;
}

bool read_zone(FieldReader& in, std::int64_t& seconds_east) {
  const bool west = in.skip('-');
  unsigned h = 0;
  unsigned m = 0;
  if ((!west && !in.skip('+')) || !in.number(2, 2, 23, h) || !in.number(2, 2, 59, m)) return false;
  seconds_east = (std::int64_t{h} * 3600 + m * 60) * (west ? -1 : 1);
  return true;
}

void append_padded(std::string& out, unsigned number, int width) {
  unsigned divisor = 1;
  for (int i = 1; i < width; ++i) divisor *= 10;
  for (; divisor > 0; divisor /= 10) out.push_back(static_cast<char>('0' + number / divisor % 10));
}

}  // namespace

bool read_date(Decoder& decoder, std::int64_t& day) {
  std::string text;
  if (!decoder.astring(text)) return false;
  FieldReader in(text);
  return (read_day(in, 1, day) && in.done()) || decoder.fail("Invalid date");
}

bool read_date_time(Decoder& decoder, std::int64_t& unix_seconds) {
  std::string text;
  if (decoder.peek() != '"' || !decoder.string(text)) return decoder.fail("Expected a date in quotes");
  FieldReader in(text);
  // date-day-fixed: a blank in front of a single digit; some clients leave it out, or write one digit without it.
  in.skip(' ');
  std::int64_t day = 0;
  std::int64_t seconds = 0;
  std::int64_t east = 0;
  if (!read_day(in, 1, day) || !in.skip(' ') || !read_time(in, seconds) || !in.skip(' ') || !read_zone(in, east) ||
      !in.done()) {
    return decoder.fail("Invalid date and time");
  }
  unix_seconds = day * seconds_of_day + seconds - east;
  return true;
}

void append_date_time(std::string& out, std::int64_t unix_seconds) {
  constexpr std::int64_t least = -62135596800;  // 0001-01-01
  constexpr std::int64_t most = 253402300799;   // 9999-12-31
  unix_seconds = std::clamp(unix_seconds, least, most);
  const std::int64_t days = (unix_seconds >= 0 ? unix_seconds : unix_seconds - (seconds_of_day - 1)) / seconds_of_day;
  const auto second = static_cast<unsigned>(unix_seconds - days * seconds_of_day);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  const auto day = static_cast<unsigned>(date.day());
  out.push_back('"');
  out.push_back(day < 10 ? ' ' : static_cast<char>('0' + day / 10));
  out.push_back(static_cast<char>('0' + day % 10));
  out.push_back('-');
  out.append(months.substr((static_cast<unsigned>(date.month()) - 1) * std::size_t{3}, 3));
  out.push_back('-');
  append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out.push_back(' ');
  append_padded(out, second / 3600, 2);
  out.push_back(':');
  append_padded(out, second / 60 % 60, 2);
  out.push_back(':');
  append_padded(out, second % 60, 2);
  out.append(" +0000\"");
}

}  // namespace mailtree::imap
