// SPDX-License-Identifier: Apache-2.0
// Upkeep: what stored does for its partition without being asked: writes the file `usage`, has the domains
// recounted, keeps a ballast, brings flags into file names, and looks whether the partition is still its own. Loop
// thread only; work on the disk is done on the pool.
#pragma once

#include <chrono>
#include <cstdint>

#include "loop/signal.h"
#include "loop/task_group.h"
#include "store/daemon/naming.h"
#include "store/daemon/recount.h"

namespace mailtree::store {

struct UpkeepPlan {
  std::chrono::seconds usage_every{30};
  std::chrono::seconds ballast_look_every{10};
  std::chrono::milliseconds owner_look_every{1000};  // so long may a session be shown what another stored has changed
  std::chrono::seconds recount_look_every{600};   // is there a doubt about the sums?
  std::chrono::seconds recount_every{24 * 3600};  // without one: an account may have been restored by hand
  Recount::Pace pace;
  NamingPlan naming;
};

class Upkeep {
 public:
  Upkeep(loop::Loop& loop, loop::WorkerPool& pool, Accounts& accounts, Partition& partition, UpkeepPlan plan);

  // The sums that the process before left. Blocking; before anything changes. A missing or damaged file is no error:
  // then all is recounted.
  void load();
  void start();
  // Ends what runs, at the latest at the deadline.
  loop::Task<void> stop(loop::Deadline deadline);
  // The last word, after stop(): `settled` if nothing can change any more, so that the sums stay exact.
  loop::Task<void> save(bool settled);

 private:
  loop::Task<void> keep_usage();
  loop::Task<void> keep_counting();
  loop::Task<void> keep_ballast();
  loop::Task<void> keep_owning();

  loop::WorkerPool& pool_;
  Partition& partition_;
  const UpkeepPlan plan_;
  Recount recount_;
  Naming naming_;
  std::uint64_t saved_version_ = 0;
  bool stopped_ = false;
  loop::Signal stop_usage_;
  loop::Signal stop_counting_;
  loop::Signal stop_ballast_;
  loop::Signal stop_owning_;
  loop::TaskGroup tasks_;
};

}  // namespace mailtree::store
