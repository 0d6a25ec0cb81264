// SPDX-License-Identifier: Apache-2.0
// The form of a log line, and that strangers cannot forge one.
#include "log/log.h"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <set>
#include <string>

#include "log/events.h"

namespace log_ = mailtree::log;

namespace {

std::string last_line;

struct Capture {
  Capture() {
    last_line.clear();
    log_::set_sink([](std::string_view line) { last_line = line; });
  }
  ~Capture() {
    log_::set_sink(nullptr);
    log_::set_threshold(log_::Level::info);
  }
};

bool has(std::string_view part) { return last_line.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_CASE(a_line_names_time_level_daemon_process_and_event_before_the_fields) {
  const Capture capture;
  log_::set_daemon("testd");
  log_::event(log_::Level::info, "daemon.ready", {{"port", 25}, {"user", "ann"}, {"tls", true}, {"delta", -3}});
  BOOST_TEST(last_line.substr(0, 5) == "time=");
  BOOST_TEST(has("Z level=info daemon=testd pid="));
  BOOST_TEST(has(" event=daemon.ready port=25 user=ann tls=true delta=-3"));
}

BOOST_AUTO_TEST_CASE(values_of_strangers_cannot_end_a_line_or_add_a_field) {
  const Capture capture;
  const std::string evil("a\r\nlevel=alarm \"x\\\x1b[2J\x00\xff", 24);
  log_::event(log_::Level::info, "daemon.ready", {{"value", evil}});
  BOOST_TEST(has("value=\"a\\r\\nlevel=alarm \\\"x\\\\\\x1b[2J\\x00\\xff\""));
  for (const char c : last_line) BOOST_TEST((c >= 0x20 && c < 0x7f));
}

BOOST_AUTO_TEST_CASE(an_empty_value_and_one_with_a_blank_are_quoted) {
  const Capture capture;
  log_::event(log_::Level::info, "daemon.ready", {{"a", ""}, {"b", "x y"}, {"c", "k=v"}});
  BOOST_TEST(has("a=\"\" b=\"x y\" c=\"k=v\""));
}

BOOST_AUTO_TEST_CASE(a_long_value_is_cut_and_says_so) {
  const Capture capture;
  log_::event(log_::Level::info, "daemon.ready", {{"value", std::string(5000, 'x')}});
  BOOST_TEST(last_line.size() < log_::max_line_bytes);
  BOOST_TEST(has("x...\""));
}

BOOST_AUTO_TEST_CASE(lines_below_the_threshold_are_dropped) {
  const Capture capture;
  log_::event(log_::Level::debug, "daemon.ready");
  BOOST_TEST(last_line.empty());
  log_::set_threshold(log_::Level::debug);
  log_::event(log_::Level::debug, "daemon.ready");
  BOOST_TEST(!last_line.empty());
}

BOOST_AUTO_TEST_CASE(the_largest_and_smallest_numbers_are_written_in_full) {
  const Capture capture;
  log_::event(log_::Level::info, "daemon.ready",
              {{"max", ~std::uint64_t{0}}, {"min", std::numeric_limits<std::int64_t>::min()}, {"zero", 0}});
  BOOST_TEST(has("max=18446744073709551615 min=-9223372036854775808 zero=0"));
}

BOOST_AUTO_TEST_CASE(the_session_comes_before_the_other_fields) {
  const Capture capture;
  log_::event(log_::Level::info, "daemon.ready", {{"a", 1}}, "s-1");
  BOOST_TEST(has("event=daemon.ready session=s-1 a=1"));
}

BOOST_AUTO_TEST_CASE(each_name_of_the_vocabulary_is_there_once_has_three_parts_and_a_meaning) {
  std::set<std::string_view> seen;
  for (const log_::EventName& event : log_::event_names) {
    BOOST_TEST(seen.insert(event.name).second, event.name << " stands twice");
    BOOST_TEST(event.name.find('.') != std::string_view::npos);
    BOOST_TEST(!event.meaning.empty());
    BOOST_TEST(event.meaning.back() == '.');
  }
}
