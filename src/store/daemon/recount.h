// SPDX-License-Identifier: Apache-2.0
// Recount: goes once through all accounts of a partition and makes the sums of its domains exact, without holding up
// anybody: one account at a time, on the pool, with a rest after each and a longer one while others wait for the pool.
#pragma once

#include <chrono>

#include "loop/task.h"
#include "loop/worker_pool.h"
#include "store/daemon/accounts.h"

namespace mailtree::store {

class Recount {
 public:
  struct Pace {
    std::chrono::milliseconds rest{2};        // after each account
    std::chrono::milliseconds rest_busy{50};  // while jobs wait for a thread
  };

  Recount(loop::Loop& loop, loop::WorkerPool& pool, Accounts& accounts, Partition& partition, Pace pace)
      : loop_(loop), pool_(pool), accounts_(accounts), partition_(partition), pace_(pace) {}

  // False if something could not be read or stop() was called: what is complete counts, the rest is as before.
  loop::Task<bool> run();
  void stop() { stopped_ = true; }

 private:
  // Names in a directory of the partition; empty if it is missing.
  loop::Task<Result<std::vector<std::string>>> list(std::string path);
  loop::Task<bool> count_domain(std::string domain);
  loop::Task<bool> count_bucket(std::string domain, std::string bucket);
  loop::Task<void> rest();

  loop::Loop& loop_;
  loop::WorkerPool& pool_;
  Accounts& accounts_;
  Partition& partition_;
  const Pace pace_;
  bool stopped_ = false;
};

}  // namespace mailtree::store
