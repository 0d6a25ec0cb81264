// SPDX-License-Identifier: Apache-2.0
#include "loop/task.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "loop/loop.h"
#include "loop/signal.h"
#include "loop/task_group.h"
#include "support/run_task.h"

namespace mailtree::loop {
namespace {

Task<int> number(int value) {
  [[maybe_unused]] const int frame = 0;
  co_return value;
}

Task<void> add_inline(int count, long& sum) {
  [[maybe_unused]] const int frame = 0;
  for (int i = 0; i < count; ++i) {
    const int one = co_await number(1);
    sum += one;
  }
}

Task<int> number_later(Loop& loop, int value) {
  [[maybe_unused]] const int frame = 0;
  co_await yield(loop);
  co_return value;
}

Task<void> add_queued(Loop& loop, int count, long& sum) {
  [[maybe_unused]] const int frame = 0;
  for (int i = 0; i < count; ++i) {
    const int one = co_await number_later(loop, 1);
    sum += one;
  }
}

Task<std::string> fails() {
  const std::string text = "broken";
  if (!text.empty()) throw std::runtime_error(text);
  co_return text;
}

Task<void> catches(std::string& seen) {
  [[maybe_unused]] const int frame = 0;
  try {
    const std::string never = co_await fails();
    seen = never;
  } catch (const std::runtime_error& error) {
    seen = error.what();
  }
}

Task<void> waits_for_ever(Signal& signal, std::shared_ptr<int> held) {
  const auto copy = std::move(held);
  const auto waited = co_await signal.wait(Deadline::never());
  static_cast<void>(waited);
}

Task<void> owns_a_waiting_child(Loop& loop, Signal& signal, std::shared_ptr<int> held) {
  Task<void> child = waits_for_ever(signal, std::move(held));
  co_await yield(loop);
  // The child was never awaited: dropping it here frees what its frame holds.
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_million_children_that_end_at_once_use_no_stack) {
  Loop loop;
  long sum = 0;
  test::run_task(loop, add_inline(1'000'000, sum));
  BOOST_TEST(sum == 1'000'000);
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_children_that_end_later_use_no_stack) {
  Loop loop;
  long sum = 0;
  test::run_task(loop, add_queued(loop, 100'000, sum));
  BOOST_TEST(sum == 100'000);
}

BOOST_AUTO_TEST_CASE(an_exception_reaches_the_awaiting_task) {
  Loop loop;
  std::string seen;
  test::run_task(loop, catches(seen));
  BOOST_TEST(seen == "broken");
}

BOOST_AUTO_TEST_CASE(dropping_a_task_frees_what_its_frame_holds) {
  Loop loop;
  Signal signal(loop);
  auto held = std::make_shared<int>(1);
  test::run_task(loop, owns_a_waiting_child(loop, signal, held));
  BOOST_TEST(held.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(an_exception_that_leaves_a_root_task_is_reported_and_the_others_go_on) {
  Loop loop;
  std::string reported;
  const auto before = TaskGroup::on_failure;
  TaskGroup::on_failure = [&reported](const char* what) { reported = what; };
  struct Body {
    static Task<void> throws() {
      const std::string text = "bug";
      if (!text.empty()) throw std::runtime_error(text);
      co_return;
    }
  };
  TaskGroup group(loop);
  group.spawn(Body::throws());
  TaskGroup::on_failure = before;
  BOOST_TEST(reported == "bug");
  BOOST_TEST(group.size() == 0U);
}

}  // namespace mailtree::loop
