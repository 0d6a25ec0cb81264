// SPDX-License-Identifier: Apache-2.0
// RFC 5322 3.3 dates with the obsolete forms of 4.3 (two-digit years, zone names, comments), read leniently.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailtree::mime {

struct DateTime {
  std::int64_t unix_seconds = 0;
  std::int32_t zone_minutes = 0;  // east of Greenwich; 0 if unknown

  // Days since 1970-01-01 in the sender's zone: IMAP SENTBEFORE/SENTON/SENTSINCE disregard time and zone.
  [[nodiscard]] std::int64_t local_day() const;
  friend bool operator==(const DateTime&, const DateTime&) = default;
};

// nullopt if there is no day, month and year to be found. Years 1900 to 9999; a missing time is 00:00:00.
std::optional<DateTime> parse_date(std::string_view value);

// "Tue, 01 Jul 2003 10:52:37 +0200"
std::string format_date(const DateTime& date);

// Gregorian calendar; days since 1970-01-01 (the civil calendar is also needed for IMAP dates).
struct CivilDay {
  std::int64_t year = 1970;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
};
std::int64_t days_from_civil(const CivilDay& day);
CivilDay civil_from_days(std::int64_t days);
int days_in_month(std::int64_t year, int month);

// "jan" … "dec" (any case) -> 1 … 12; 0 if none.
int month_number(std::string_view name);
std::string_view month_name(int month);  // "Jan" … "Dec"

}  // namespace mailtree::mime
