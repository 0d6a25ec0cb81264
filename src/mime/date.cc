// SPDX-License-Identifier: Apache-2.0
#include "mime/date.h"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "base/ascii.h"
#include "mime/lexer.h"

namespace mailtree::mime {
namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays = {"Thu", "Fri", "Sat", "Sun",
                                                      "Mon", "Tue", "Wed"};  // from 1970-01-01
constexpr std::int64_t day_seconds = 86400;

struct ZoneName {
  std::string_view name;
  int hours;
};
// RFC 5322 4.3; single letters and unknown names count as +0000.
constexpr std::array zone_names = {ZoneName{"EST", -5}, ZoneName{"EDT", -4}, ZoneName{"CST", -6}, ZoneName{"CDT", -5},
                                   ZoneName{"MST", -7}, ZoneName{"MDT", -6}, ZoneName{"PST", -8}, ZoneName{"PDT", -7}};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Collects the elements in whatever order they come; what makes no sense is ignored.
class DateParser {
 public:
  void take(std::string_view token) {
    if (token.find(':') != std::string_view::npos) {
      take_time(token);
    } else if (has_time_ && (token[0] == '+' || token[0] == '-')) {
      take_offset(token);
    } else if (ascii::is_digit(token[0])) {
      take_digits(token);
    } else {
      take_word(token);
    }
  }

  [[nodiscard]] std::optional<DateTime> result() const {
    if (day_ < 1 || month_ == 0 || year_ < 1900 || year_ > 9999 || day_ > days_in_month(year_, month_))
      return std::nullopt;
    const std::int64_t local = days_from_civil({year_, month_, day_}) * day_seconds + seconds_;
    return DateTime{local - zone_minutes_ * 60, zone_minutes_};
  }

 private:
  void take_time(std::string_view token) {
    if (has_time_) return;
    std::array<unsigned, 3> values{};
    for (std::size_t i = 0; i < values.size() && !token.empty(); ++i) {
      const std::size_t colon = token.find(':');
      const std::string_view part = token.substr(0, colon);
      const auto value = ascii::number<unsigned>(part.substr(0, part.find('.')), i == 0 ? 23U : (i == 1 ? 59U : 60U));
      if (!value) return;
      values[i] = *value;
      token = colon == std::string_view::npos ? std::string_view{} : token.substr(colon + 1);
    }
    seconds_ = values[0] * 3600 + values[1] * 60 + values[2];
    has_time_ = true;
  }

  void take_offset(std::string_view token) {
    const auto value = ascii::number<unsigned>(token.substr(1), 9999U);
    if (!value || token.size() != 5 || *value % 100 > 59 || *value / 100 > 23) return;
    const int minutes = static_cast<int>(*value / 100 * 60 + *value % 100);
    zone_minutes_ = token[0] == '-' ? -minutes : minutes;
  }

  // A day, a year, or both with the month between ("01-Jul-2003").
  void take_digits(std::string_view token) {
    const std::size_t dash = token.find('-');
    const auto value = ascii::number<unsigned>(token.substr(0, dash), 9999U);
    const std::size_t digits = dash == std::string_view::npos ? token.size() : dash;
    if (!value) return;
    if (day_ == 0 && digits <= 2)
      day_ = static_cast<int>(*value);
    else if (year_ == 0)
      year_ = full_year(*value, digits);
    if (dash != std::string_view::npos && dash + 1 < token.size()) {
      const std::string_view rest = token.substr(dash + 1);
      const std::size_t second = rest.find('-');
      take_word(rest.substr(0, second));
      if (second != std::string_view::npos && second + 1 < rest.size() && ascii::is_digit(rest[second + 1]))
        take_digits(rest.substr(second + 1, rest.find('-', second + 1) - second - 1));
    }
  }

  // RFC 5322 4.3: two digits mean 2000 to 2049 or 1950 to 1999, three count from 1900.
  static int full_year(unsigned value, std::size_t digits) {
    if (digits >= 4) return static_cast<int>(value);
    return static_cast<int>(value) + (digits < 3 && value < 50 ? 2000 : 1900);
  }

  void take_word(std::string_view token) {
    const int month = month_number(token.substr(0, 3));
    if (month != 0 && month_ == 0) {
      month_ = month;
    } else if (has_time_) {
      for (const ZoneName& zone : zone_names)
        if (ascii::equal(token, zone.name)) zone_minutes_ = zone.hours * 60;
    }
  }

  int day_ = 0;
  int month_ = 0;
  int year_ = 0;
  bool has_time_ = false;
  std::int64_t seconds_ = 0;
  int zone_minutes_ = 0;
};

}  // namespace

std::int64_t DateTime::local_day() const {
  return floor_divide(unix_seconds + zone_minutes * 60, day_seconds);
}

std::optional<DateTime> parse_date(std::string_view value) {
  constexpr int max_tokens = 16;
  DateParser parser;
  Lexer lexer(value);
  for (int i = 0; i < max_tokens; ++i) {
    lexer.skip_blanks();
    while (lexer.accept(',')) lexer.skip_blanks();
    if (lexer.at_end()) break;
    const std::string_view token = lexer.run(",(");
    if (!token.empty()) parser.take(token);
  }
  return parser.result();
}

std::string format_date(const DateTime& date) {
  const std::int64_t local = date.unix_seconds + date.zone_minutes * 60;
  const std::int64_t day = floor_divide(local, day_seconds);
  const auto second = static_cast<int>(local - day * day_seconds);
  const CivilDay civil = civil_from_days(day);
  const int zone = std::abs(date.zone_minutes);
  const std::string_view weekday = weekdays[static_cast<std::size_t>(day - floor_divide(day, 7) * 7)];
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%.3s, %02d %.3s %04lld %02d:%02d:%02d %c%02d%02d", weekday.data(), civil.day,
                month_name(civil.month).data(), static_cast<long long>(civil.year), second / 3600, second / 60 % 60,
                second % 60, date.zone_minutes < 0 ? '-' : '+', zone / 60, zone % 60);
  return out.data();
}

// Counted from 1 March, so that the leap day ends the year; 400 years are one period of 146,097 days.
std::int64_t days_from_civil(const CivilDay& day) {
  const std::int64_t year = day.year - (day.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (day.month > 2 ? day.month - 3 : day.month + 9) + 2) / 5 + day.day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

CivilDay civil_from_days(std::int64_t days) {
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = floor_divide(shifted, 146097);
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * day_of_year + 2) / 153;
  CivilDay out;
  out.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  out.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  out.year = year + era * 400 + (out.month <= 2 ? 1 : 0);
  return out;
}

int days_in_month(std::int64_t year, int month) {
  constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return 0;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

int month_number(std::string_view name) {
  for (std::size_t i = 0; i < months.size(); ++i)
    if (ascii::equal(name, months[i])) return static_cast<int>(i) + 1;
  return 0;
}

std::string_view month_name(int month) {
  return month >= 1 && month <= 12 ? months[static_cast<std::size_t>(month - 1)] : std::string_view{"Jan"};
}

}  // namespace mailtree::mime
