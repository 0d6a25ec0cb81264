// SPDX-License-Identifier: Apache-2.0
#include "queue/schedule.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::queue {
namespace {

using std::chrono::seconds;
const Destinations::Time start{};

Unit unit(const std::string& id) { return Unit{id, {0}}; }

std::size_t start_all(Destinations& places) {
  std::size_t count = 0;
  while (places.next()) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(pauses_double_up_to_the_longest) {
  const Backoff backoff{seconds(300), seconds(4 * 3600)};
  const auto middle = [](std::chrono::milliseconds pause) { return static_cast<std::uint32_t>(pause.count() / 4); };
  seconds expected{300};
  for (std::uint64_t attempt = 1; attempt < 12; ++attempt) {
    const auto pause = pause_after(attempt, backoff, middle(expected));
    BOOST_TEST(pause.count() == std::chrono::milliseconds(expected).count());
    expected = std::min(expected * 2, seconds(4 * 3600));
  }
  BOOST_TEST(pause_after(1'000'000'000, backoff, 0).count() <= 4 * 3600 * 1000);
}

BOOST_AUTO_TEST_CASE(pauses_differ_by_a_quarter_at_most) {
  const Backoff backoff{seconds(300), seconds(14400)};
  for (std::uint32_t random = 0; random < 2'000'000; random += 997) {
    const auto pause = pause_after(1, backoff, random);
    BOOST_TEST_REQUIRE((pause >= seconds(225) && pause <= seconds(375)));
  }
}

BOOST_AUTO_TEST_CASE(a_new_destination_starts_with_two_attempts_at_once) {
  Destinations places{DestinationLimits{}};
  for (int i = 0; i < 50; ++i) BOOST_TEST(places.add("slow.test", unit("a"), start));
  BOOST_TEST(start_all(places) == 2U);
}

BOOST_AUTO_TEST_CASE(a_destination_that_answers_gets_up_to_twenty) {
  Destinations places{DestinationLimits{}};
  for (int i = 0; i < 5000; ++i) places.add("good.test", unit("a"), start);
  std::size_t running = start_all(places);
  for (int i = 0; i < 1000; ++i) {
    places.finished("good.test", Destinations::Verdict::spoke, start);
    running = running - 1 + start_all(places);
  }
  BOOST_TEST(running == 20U);
}

// R06
BOOST_AUTO_TEST_CASE(a_stalled_destination_does_not_hold_up_another) {
  Destinations places{DestinationLimits{}};
  for (int i = 0; i < 50'000; ++i) places.add("stalled.test", unit("a"), start);
  start_all(places);
  for (int i = 0; i < 1000; ++i) {
    BOOST_TEST_REQUIRE(places.add("good.test", unit("b"), start));
    const auto next = places.next();
    BOOST_TEST_REQUIRE((next && next->destination == "good.test"));
    places.finished("good.test", Destinations::Verdict::spoke, start);
  }
}

BOOST_AUTO_TEST_CASE(a_dead_destination_is_remembered_and_its_mail_put_off) {
  Destinations places{DestinationLimits{}};
  for (int i = 0; i < 5; ++i) places.add("dead.test", unit("a"), start);
  BOOST_TEST_REQUIRE(places.next().has_value());
  places.finished("dead.test", Destinations::Verdict::unreachable, start);
  BOOST_TEST(places.take_waiting("dead.test").size() == 4U);
  BOOST_TEST(!places.add("dead.test", unit("b"), start + seconds(59)));
  BOOST_TEST((places.retry_at("dead.test") == start + seconds(60)));
  BOOST_TEST(!places.next().has_value());
}

BOOST_AUTO_TEST_CASE(a_destination_back_from_the_dead_is_probed_by_one_attempt) {
  Destinations places{DestinationLimits{}};
  places.add("dead.test", unit("a"), start);
  (void)places.next();
  places.finished("dead.test", Destinations::Verdict::unreachable, start);
  for (int i = 0; i < 5; ++i) BOOST_TEST(places.add("dead.test", unit("b"), start + seconds(61)));
  BOOST_TEST(start_all(places) == 1U);
  places.finished("dead.test", Destinations::Verdict::spoke, start + seconds(62));
  BOOST_TEST(start_all(places) == 2U);
}

BOOST_AUTO_TEST_CASE(the_sum_of_attempts_is_bounded) {
  DestinationLimits limits;
  limits.in_all = 7;
  Destinations places(limits);
  for (int i = 0; i < 100; ++i) places.add("d" + std::to_string(i) + ".test", unit("a"), start);
  BOOST_TEST(start_all(places) == 7U);
  places.finished("d0.test", Destinations::Verdict::spoke, start);
  BOOST_TEST(start_all(places) == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_of_destinations_that_work) {
  Destinations places{DestinationLimits{}};
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "d" + std::to_string(i) + ".test";
    places.add(name, unit("a"), start);
    (void)places.next();
    places.finished(name, Destinations::Verdict::spoke, start);
  }
  BOOST_TEST(places.known() == 0U);
}

BOOST_AUTO_TEST_CASE(the_calendar_gives_messages_when_they_are_due) {
  Calendar calendar;
  calendar.put("b", start + seconds(20));
  calendar.put("a", start + seconds(10));
  calendar.put("b", start + seconds(5));
  BOOST_TEST(calendar.size() == 2U);
  BOOST_TEST(!calendar.take_due(start).has_value());
  BOOST_TEST((calendar.take_due(start + seconds(30)) == "b"));
  BOOST_TEST((calendar.take_due(start + seconds(30)) == "a"));
  BOOST_TEST(!calendar.first().has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::queue
