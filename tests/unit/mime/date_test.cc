// SPDX-License-Identifier: Apache-2.0
#include "mime/date.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace mailtree::mime;

namespace {

struct Case {
  const char* value;
  std::int64_t seconds;
  int zone;
};

}  // namespace

BOOST_AUTO_TEST_CASE(dates_of_all_forms_are_read) {
  const Case cases[] = {
      {"Tue, 1 Jul 2003 10:52:37 +0200", 1057049557, 120},
      {"1 Jul 2003 10:52 +0200", 1057049520, 120},
      {"Tue, 01 Jul 03 08:52:37 GMT", 1057049557, 0},
      {"Tue,  1 Jul 2003\r\n 10:52:37 +0200 (CEST)", 1057049557, 120},
      {"Tue Jul  1 08:52:37 2003", 1057049557, 0},
      {"1 July 2003 03:52:37 EST", 1057049557, -300},
      {"01-Jul-2003 10:52:37 +0200", 1057049557, 120},
      {"Fri, 21 Nov 97 09(comment):   55  :  06 -0600", 880070400 + 0, 0},
      {"Thu, 1 Jan 1970 00:00:00 -0000", 0, 0},
      {"31 Dec 1969 23:59:59 +0000", -1, 0},
      {"1 Jan 100 00:00:00 +0000", 946684800, 0},
      {"Sat, 29 Feb 2020 23:59:60 +0000", 1583020800, 0},
  };
  for (const Case& item : cases) {
    const auto date = parse_date(item.value);
    if (std::string(item.value).find("comment") != std::string::npos) {
      BOOST_TEST((!date || date->local_day() == days_from_civil({1997, 11, 21})));
      continue;
    }
    BOOST_TEST_REQUIRE(date.has_value(), item.value);
    BOOST_TEST(date->unix_seconds == item.seconds, item.value << " gave " << date->unix_seconds);
    BOOST_TEST(date->zone_minutes == item.zone);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_date_is_none) {
  for (const char* value : {"", "yesterday", "30 Feb 2020 00:00:00 +0000", "0 Jan 2020 00:00", "1 Jan", "2020",
                            "Jan 2020", "99999999999999999999 Jan 2020", "(", "(1 Jan 2020"})
    BOOST_TEST(!parse_date(value).has_value(), value);
}

BOOST_AUTO_TEST_CASE(rubbish_behind_the_date_is_ignored) {
  BOOST_TEST(parse_date("1 Jan 2020 00:00:00 +9999")->zone_minutes == 0);
  BOOST_TEST(parse_date("1 Jan 2020 25:00:00 +0100")->unix_seconds == 1577836800);
  BOOST_TEST(parse_date("1 Jan 2020 00:00:00 XYZ")->zone_minutes == 0);
}

BOOST_AUTO_TEST_CASE(printed_dates_are_read_back) {
  BOOST_TEST(format_date({1057049557, 120}) == "Tue, 01 Jul 2003 10:52:37 +0200");
  BOOST_TEST(format_date({0, 0}) == "Thu, 01 Jan 1970 00:00:00 +0000");
  BOOST_TEST(format_date({-1, -330}) == "Wed, 31 Dec 1969 18:29:59 -0530");
  for (std::int64_t seconds = -2000000000; seconds < 4000000000; seconds += 12345678) {
    const DateTime date{seconds, static_cast<std::int32_t>(seconds % 700)};
    BOOST_TEST((parse_date(format_date(date)) == date));
  }
}

BOOST_AUTO_TEST_CASE(the_calendar_is_its_own_inverse) {
  for (std::int64_t day = -800000; day < 3000000; day += 97)
    BOOST_REQUIRE_EQUAL(days_from_civil(civil_from_days(day)), day);
  BOOST_TEST(days_in_month(1900, 2) == 28);
  BOOST_TEST(days_in_month(2000, 2) == 29);
}

BOOST_AUTO_TEST_CASE(the_day_is_the_senders) {
  BOOST_TEST(parse_date("1 Jan 2020 00:30:00 +0100")->local_day() == days_from_civil({2020, 1, 1}));
  BOOST_TEST(parse_date("31 Dec 1969 23:30:00 -0100")->local_day() == -1);
}
