// SPDX-License-Identifier: Apache-2.0
// When a daemon that died is started again.
#include "programs/throttle.h"

#include <boost/test/unit_test.hpp>

namespace mailtree::programs {
namespace {
using std::chrono::milliseconds;
}

BOOST_AUTO_TEST_CASE(a_daemon_that_worked_for_a_while_is_started_again_at_once_however_often) {
  Throttle throttle;
  for (int i = 0; i < 100; ++i) BOOST_TEST((throttle.died_after(milliseconds(1500), false) <= milliseconds(100)));
}

BOOST_AUTO_TEST_CASE(one_that_is_killed_from_outside_is_started_again_at_once) {
  Throttle throttle;
  for (int i = 0; i < 100; ++i) BOOST_TEST((throttle.died_after(milliseconds(150), true) <= milliseconds(100)));
}

BOOST_AUTO_TEST_CASE(one_that_keeps_dying_at_its_start_waits_longer_each_time_up_to_a_minute) {
  Throttle throttle;
  milliseconds last{0};
  for (int i = 0; i < 100; ++i) {
    const milliseconds pause = throttle.died_after(milliseconds(5), false);
    BOOST_TEST((pause >= last));
    BOOST_TEST((pause <= Throttle::longest_pause));
    last = pause;
  }
  BOOST_TEST((last == Throttle::longest_pause));
  BOOST_TEST(throttle.is_throttling());
}

BOOST_AUTO_TEST_CASE(a_long_life_ends_the_throttling) {
  Throttle throttle;
  for (int i = 0; i < 10; ++i) static_cast<void>(throttle.died_after(milliseconds(5), false));
  BOOST_TEST((throttle.died_after(milliseconds(5000), false) == Throttle::first_pause));
  BOOST_TEST(!throttle.is_throttling());
}

}  // namespace mailtree::programs
