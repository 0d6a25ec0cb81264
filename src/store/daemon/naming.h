// SPDX-License-Identifier: Apache-2.0
// Naming: brings changed flags into the file names, for programs that read the Maildir without us: some seconds after
// the change, so that a session's changes come together, and in steps between which deliveries and sessions of the same
// account have their turn. What is due is kept in memory only: after a restart, and beyond `most_waiting`, the next
// session of an account finds it. Loop thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_set>

#include "loop/signal.h"
#include "loop/task_group.h"
#include "store/daemon/accounts.h"

namespace mailtree::store {

struct NamingPlan {
  std::chrono::milliseconds after{20'000};  // with what the work takes, less than 30 s
  std::chrono::milliseconds look_every{500};
  std::chrono::milliseconds after_failure{300'000};
  std::size_t step = 500;   // messages of one account without a pause
  std::size_t at_once = 4;  // accounts
  std::size_t most_waiting = 20'000;
};

class Naming {
 public:
  Naming(loop::Loop& loop, Accounts& accounts, NamingPlan plan);

  // Its names are due from now + plan.after on. Nothing new if it waits already.
  void add(const AccountName& account);
  void start();
  // Ends after the steps that run, at the latest at the deadline.
  loop::Task<void> stop(loop::Deadline deadline);

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Waiting {
    Time due;
    AccountName account;
  };
  void add(const AccountName& account, std::deque<Waiting>& queue, std::chrono::milliseconds after);
  bool take(AccountName& account);
  loop::Task<void> run();
  loop::Task<void> name(AccountName account);

  Accounts& accounts_;
  const NamingPlan plan_;
  std::deque<Waiting> waiting_;            // in the order of becoming due
  std::deque<Waiting> failed_;             // so too; for another try
  std::unordered_set<std::string> known_;  // paths of those that wait
  std::size_t running_ = 0;
  bool failing_ = false;  // said already: on a full disk it is the same with everybody
  bool stopped_ = false;
  loop::Signal wake_;
  loop::TaskGroup tasks_;
};

}  // namespace mailtree::store
