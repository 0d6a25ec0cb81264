// SPDX-License-Identifier: Apache-2.0
#include "loop/signal.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>

#include "loop/task_group.h"
#include "support/run_task.h"

namespace mailtree::loop {
namespace {

Task<void> set_after(Loop& loop, Signal& signal, std::chrono::milliseconds span) {
  [[maybe_unused]] const int frame = 0;
  co_await sleep(loop, span);
  signal.set();
}

Task<void> wait_into(Signal& signal, Deadline deadline, std::optional<Result<void>>& result) {
  const auto waited = co_await signal.wait(deadline);
  result = waited;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_signal_set_before_the_wait_is_not_lost) {
  Loop loop;
  Signal signal(loop);
  signal.set();
  signal.set();
  std::optional<Result<void>> result;
  test::run_task(loop, wait_into(signal, Deadline::never(), result));
  BOOST_TEST(result->has_value());
}

BOOST_AUTO_TEST_CASE(a_wait_ends_at_its_deadline_and_not_before) {
  Loop loop;
  Signal signal(loop);
  std::optional<Result<void>> result;
  const auto begin = std::chrono::steady_clock::now();
  test::run_task(loop, wait_into(signal, Deadline::after(std::chrono::milliseconds(120)), result));
  BOOST_TEST(!result->has_value());
  BOOST_TEST((result->error().condition == Condition::timeout));
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(120)));
}

BOOST_AUTO_TEST_CASE(cancellation_is_sticky_and_the_first_error_stays) {
  Loop loop;
  Signal signal(loop);
  signal.cancel(Error::cancelled(Condition::stopping, "first"));
  signal.cancel(Error::cancelled(Condition::closed, "second"));
  std::optional<Result<void>> result;
  test::run_task(loop, wait_into(signal, Deadline::never(), result));
  test::run_task(loop, wait_into(signal, Deadline::never(), result));
  BOOST_TEST(result->error().detail == "first");
}

BOOST_AUTO_TEST_CASE(a_waiter_outlives_its_signal_even_when_it_was_woken_in_the_same_turn) {
  for (const bool set_first : {false, true}) {
    Loop loop;
    auto signal = std::make_unique<Signal>(loop);
    std::optional<Result<void>> result;
    TaskGroup group(loop);
    group.spawn(wait_into(*signal, Deadline::never(), result));
    {
      const Turn turn(loop);
      if (set_first) signal->set();
      signal.reset();
    }
    BOOST_REQUIRE(result.has_value());
    BOOST_TEST(!result->has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_loop_does_not_wait_for_the_deadline_of_a_wait_that_has_ended) {
  Loop loop;
  Signal signal(loop);
  std::optional<Result<void>> result;
  TaskGroup group(loop);
  group.spawn(wait_into(signal, Deadline::after(std::chrono::seconds(30)), result));
  group.spawn(set_after(loop, signal, std::chrono::milliseconds(60)));
  const auto begin = std::chrono::steady_clock::now();
  loop.run();
  BOOST_TEST(result->has_value());
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)));
}

BOOST_AUTO_TEST_CASE(a_sleep_beyond_one_turn_of_the_timer_wheel_is_not_early) {
  Loop loop;
  // 1024 slots of 50 ms: simulate by a timer scheduled for 60 s that must not fire within the next 200 ms.
  struct Far : Timer {
    void expired() override { fired = true; }
    bool fired = false;
  } far;
  loop.schedule(far, Deadline::after(std::chrono::seconds(60)));
  test::run_task(loop, sleep(loop, std::chrono::milliseconds(200)));
  BOOST_TEST(!far.fired);
}

}  // namespace mailtree::loop
