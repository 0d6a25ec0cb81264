// SPDX-License-Identifier: Apache-2.0
// Recount: goes once through all accounts of a partition and makes the sums of its domains exact, without holding up
// anybody: one account at a time, on the pool, with rests in proportion to the work, and longer ones while others wait
// for the pool.
#pragma once

#include <chrono>

#include "loop/task.h"
#include "loop/worker_pool.h"
#include "store/daemon/accounts.h"

namespace mailtree::store {

// How long to rest for how much work. Pure: no clock, no waiting.
class Pacer {
 public:
  struct Pace {
    unsigned rest_factor = 3;                 // times what the work took: a quarter of one core at most
    std::chrono::milliseconds rest_least{5};  // shorter ones are put together: the clock of a loop goes in milliseconds
    std::chrono::milliseconds rest_busy{50};  // at least, after each account, while jobs wait for a thread
  };

  explicit Pacer(Pace pace) : pace_(pace) {}
  // The rest that is due once something has taken that long; 0: none yet.
  std::chrono::milliseconds rest_after(std::chrono::nanoseconds took, bool busy);

 private:
  const Pace pace_;
  std::chrono::nanoseconds owed_{0};
};

class Recount {
 public:
  using Pace = Pacer::Pace;

  Recount(loop::Loop& loop, loop::WorkerPool& pool, Accounts& accounts, Partition& partition, Pace pace)
      : loop_(loop), pool_(pool), accounts_(accounts), partition_(partition), pacer_(pace) {}

  // False if something could not be read or stop() was called: what is complete counts, the rest is as before.
  loop::Task<bool> run();
  void stop() { stopped_ = true; }

 private:
  // Names in a directory of the partition; empty if it is missing.
  loop::Task<Result<std::vector<std::string>>> list(std::string path);
  loop::Task<bool> count_domain(std::string domain);
  loop::Task<bool> count_bucket(std::string domain, std::string bucket);
  loop::Task<void> rest(std::chrono::nanoseconds took);

  loop::Loop& loop_;
  loop::WorkerPool& pool_;
  Accounts& accounts_;
  Partition& partition_;
  Pacer pacer_;
  bool stopped_ = false;
};

}  // namespace mailtree::store
