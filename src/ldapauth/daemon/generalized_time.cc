// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/generalized_time.h"

#include <algorithm>
#include <chrono>

#include "base/ascii.h"

namespace mailtree::ldapauth {
namespace {

// Takes `count` digits from the front.
std::optional<unsigned> take_number(std::string_view& text, std::size_t count, unsigned most) {
  const std::string_view digits = text.substr(0, count);
  if (digits.size() != count || !std::all_of(digits.begin(), digits.end(), ascii::is_digit)) return std::nullopt;
  text.remove_prefix(count);
  const auto number = ascii::number<unsigned>(digits, most);
  return number;
}

// "Z", "+hh" or "-hhmm": minutes east of Greenwich.
std::optional<int> take_zone(std::string_view& text) {
  if (text == "Z") return 0;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2, 23);
  const auto minutes = text.empty() ? std::optional<unsigned>(0) : take_number(text, 2, 59);
  if (!hours || !minutes || !text.empty()) return std::nullopt;
  return sign * static_cast<int>(*hours * 60 + *minutes);
}

}  // namespace

std::optional<std::int64_t> parse_generalized_time(std::string_view text) {
  const auto starts_with_digit = [&text] { return !text.empty() && ascii::is_digit(text.front()); };
  const auto year = take_number(text, 4, 9999);
  const auto month = take_number(text, 2, 12);
  const auto day = take_number(text, 2, 31);
  const auto hour = take_number(text, 2, 23);
  std::optional<unsigned> minute = 0, second = 0;
  std::int64_t unit = 3600;  // of the last number, which a fraction belongs to
  if (starts_with_digit()) {
    minute = take_number(text, 2, 59);
    unit = 60;
    if (minute && starts_with_digit()) {
      second = take_number(text, 2, 60);
      unit = 1;
    }
  }
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  std::int64_t fraction = 0;
  if (!text.empty() && (text.front() == '.' || text.front() == ',')) {
    text.remove_prefix(1);
    if (!starts_with_digit()) return std::nullopt;
    for (std::int64_t scale = 10; starts_with_digit(); text.remove_prefix(1)) {
      if (scale > 1'000'000) continue;
      fraction += (text.front() - '0') * unit * (1'000'000 / scale);
      scale *= 10;
    }
  }
  const auto zone = take_zone(text);
  if (!zone) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = *hour * 3600 + *minute * 60 + std::min(*second, 59U);
  return days * 86400 + seconds + fraction / 1'000'000 - *zone * 60;
}

}  // namespace mailtree::ldapauth
