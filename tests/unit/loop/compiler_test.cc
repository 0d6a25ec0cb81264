// SPDX-License-Identifier: Apache-2.0
// The plain spellings of every coroutine form that g++ 12.2 compiles wrongly otherwise (CONTRIBUTING.md): these have to
// work with each compiler we use, sanitizers on. compiler_probe.cc tells whether the short spellings still fail.
#include <boost/test/unit_test.hpp>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loop/loop.h"
#include "loop/signal.h"
#include "loop/task.h"
#include "support/run_task.h"

namespace mailtree::loop {
namespace {

// Longer than a string keeps inside itself, so that a wrong copy is a use after free that the sanitizer sees.
const std::string long_text(100, 'x');

struct Options {  // an aggregate with a member that owns memory
  std::string name;
  int number = 0;
};

struct Pair {
  std::string first, second;
};

Task<bool> truth(Loop& loop, bool value) {
  [[maybe_unused]] const int frame = 0;
  co_await yield(loop);
  co_return value;
}

Task<std::string> text(Loop& loop, std::string value) {
  const std::string kept = std::move(value);
  co_await yield(loop);
  co_return kept;
}

Task<std::string> name_of(Loop& loop, Options options) {
  const std::string kept = options.name;
  co_await yield(loop);
  co_return kept;
}

Task<std::string> joined(Loop& loop, std::vector<std::string> parts) {
  std::string all;
  co_await yield(loop);
  for (const std::string& part : parts) all += part;
  co_return all;
}

Task<std::string> run_job(Loop& loop, std::function<std::string()> job) {
  const std::function<std::string()> kept = std::move(job);
  co_await yield(loop);
  co_return kept();
}

// PR 106188: the condition's value is named, and the body has a local of its own.
Task<void> conditions(Loop& loop, int& seen) {
  [[maybe_unused]] const int frame = 0;
  const bool yes = co_await truth(loop, true);
  if (yes) ++seen;
  const bool no = co_await truth(loop, false);
  if (!no) ++seen;
  for (int i = 0; i < 3; ++i) {
    const bool again = co_await truth(loop, i < 2);
    if (!again) break;
    ++seen;
  }
  const std::string word = co_await text(loop, "b");
  switch (word.front()) {
    case 'b':
      ++seen;
      break;
    default:
      break;
  }
}

// PR 107288, 99576: an aggregate is named and moved in, or comes out of a function.
Options make_options(const std::string& name) { return Options{name, 1}; }

Task<void> aggregates(Loop& loop, std::string& seen) {
  Options options{long_text, 2};
  seen = co_await name_of(loop, std::move(options));
  const std::string again = co_await name_of(loop, make_options(long_text));
  seen += again;
  std::array<std::string, 2> two{long_text, long_text};
  std::vector<std::string> parts(two.begin(), two.end());
  const std::string all = co_await joined(loop, std::move(parts));
  seen += all;
}

// PR 99576, 100611: a lambda that owns something is named and moved in.
Task<void> lambdas(Loop& loop, std::string& seen) {
  const std::string captured = long_text;
  auto job = [captured] { return captured + captured; };
  seen = co_await run_job(loop, std::move(job));
}

// ?: with temporaries becomes if and else.
Task<std::string> choices(Loop& loop, bool first) {
  std::string result;
  if (first) {
    result = co_await text(loop, long_text);
  } else {
    result = std::string(50, 'y');
  }
  co_return result;
}

// Two results are named, then the value is built.
Task<Pair> pairs(Loop& loop) {
  std::string first = co_await text(loop, long_text);
  std::string second = co_await text(loop, long_text + "2");
  Pair pair{std::move(first), std::move(second)};
  co_return pair;
}

// PR 103871: containers are filled before the call.
Task<void> containers(Loop& loop, std::string& seen) {
  std::vector<std::string> parts;
  parts.push_back(long_text);
  parts.push_back(long_text);
  seen = co_await joined(loop, std::move(parts));
  std::map<std::string, int> counts;
  const std::string key = co_await text(loop, long_text);
  counts[key] = 1;
  if (counts.size() == 1) seen += "!";
}

Task<void> kept_values(Loop& loop, std::string& seen) {
  std::optional<std::string> maybe;
  auto owned = std::make_unique<std::string>(long_text);
  auto [left, right] = std::pair(long_text, long_text);
  const std::string got = co_await text(loop, *owned + left);
  maybe = got;
  seen = *maybe + right;
}

Task<void> choose_and_pair(Loop& loop, std::string& seen) {
  std::string all = co_await choices(loop, true);
  const std::string other = co_await choices(loop, false);
  all += other;
  const Pair pair = co_await pairs(loop);
  seen = all + pair.first + pair.second;
}

}  // namespace

BOOST_AUTO_TEST_CASE(named_conditions_are_taken) {
  Loop loop;
  int seen = 0;
  test::run_task(loop, conditions(loop, seen));
  BOOST_TEST(seen == 5);
}

BOOST_AUTO_TEST_CASE(named_aggregates_arrive_whole) {
  Loop loop;
  std::string seen;
  test::run_task(loop, aggregates(loop, seen));
  BOOST_TEST(seen.size() == 400U);
}

BOOST_AUTO_TEST_CASE(named_lambdas_keep_what_they_own) {
  Loop loop;
  std::string seen;
  test::run_task(loop, lambdas(loop, seen));
  BOOST_TEST(seen.size() == 200U);
}

BOOST_AUTO_TEST_CASE(choices_and_pairs_built_from_names_are_whole) {
  Loop loop;
  std::string seen;
  test::run_task(loop, choose_and_pair(loop, seen));
  BOOST_TEST(seen.size() == 351U);
}

BOOST_AUTO_TEST_CASE(containers_filled_before_the_call_are_whole) {
  Loop loop;
  std::string seen;
  test::run_task(loop, containers(loop, seen));
  BOOST_TEST(seen.size() == 201U);
}

BOOST_AUTO_TEST_CASE(optionals_owners_and_structured_bindings_live_across_a_wait) {
  Loop loop;
  std::string seen;
  test::run_task(loop, kept_values(loop, seen));
  BOOST_TEST(seen.size() == 300U);
}

}  // namespace mailtree::loop
