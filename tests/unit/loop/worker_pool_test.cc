// SPDX-License-Identifier: Apache-2.0
#include "loop/worker_pool.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "loop/task.h"
#include "support/run_task.h"

namespace mailtree::loop {
namespace {

Task<void> count_on_threads(WorkerPool& pool, int jobs, long& sum) {
  [[maybe_unused]] const int frame = 0;
  for (int i = 0; i < jobs; ++i) {
    auto job = [i] { return std::string(static_cast<std::size_t>(i % 7), 'x'); };
    const std::string text = co_await pool.run(std::move(job));
    sum += static_cast<long>(text.size());
  }
}

Task<void> catch_from_job(WorkerPool& pool, std::string& seen) {
  auto job = []() -> int { throw std::runtime_error("in the job"); };
  try {
    const int never = co_await pool.run(std::move(job));
    seen = std::to_string(never);
  } catch (const std::runtime_error& error) {
    seen = error.what();
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(jobs_run_on_threads_and_their_results_come_back_to_the_loop) {
  Loop loop;
  WorkerPool pool(loop, 4);
  long sum = 0;
  test::run_task(loop, count_on_threads(pool, 700, sum));
  BOOST_TEST(sum == 100 * (0 + 1 + 2 + 3 + 4 + 5 + 6));
}

BOOST_AUTO_TEST_CASE(an_exception_of_a_job_reaches_its_awaiter) {
  Loop loop;
  WorkerPool pool(loop, 1);
  std::string seen;
  test::run_task(loop, catch_from_job(pool, seen));
  BOOST_TEST(seen == "in the job");
}

BOOST_AUTO_TEST_CASE(queued_jobs_run_to_their_end_when_the_pool_goes) {
  Loop loop;
  std::atomic<int> ran = 0;
  struct Count : WorkerPool::Job {
    explicit Count(std::atomic<int>& r) : ran(r) {}
    void execute() noexcept override { ++ran; }
    std::atomic<int>& ran;
  };
  {
    WorkerPool pool(loop, 2);
    for (int i = 0; i < 100; ++i) pool.submit(std::make_shared<Count>(ran));
  }
  BOOST_TEST(ran == 100);
}

}  // namespace mailtree::loop
