// SPDX-License-Identifier: Apache-2.0
// Accounts: the accounts in memory, each with its queue of operations. What waits for one account while it is busy
// becomes its next batch; different accounts go on in parallel, as wide as the worker pool. Loop thread only.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "loop/signal.h"
#include "loop/task.h"
#include "loop/task_group.h"
#include "loop/worker_pool.h"
#include "store/daemon/account.h"

namespace mailtree::store {

struct AccountLimits {
  std::size_t accounts = 2000;  // each holds two descriptors
  std::uint64_t octets = std::uint64_t{512} << 20;
};

class Accounts {
 public:
  using Notify = std::function<void(const ChangeNotice&)>;

  Accounts(loop::Loop& loop, loop::WorkerPool& pool, Partition& partition, IndexWriter& index, const Clock& clock,
           AccountLimits limits, Notify notify);

  // Returns when all operations have their outcome. Operations go on even if this task is dropped.
  loop::Task<void> perform(std::vector<std::shared_ptr<Operation>> operations);
  // Lets `look` see an account while nothing changes it; it need not be loaded, and is not by this.
  // `look` runs on a pool thread.
  loop::Task<void> visit(AccountPlace place, std::function<void(const Account&)> look);
  // The same for work that changes it. An exception from it is a bug: the account starts over from disk.
  loop::Task<void> work_on(AccountPlace place, std::function<void(Account&)> work);
  // Called with each account whose file names do not show all flags, after a session or a change of flags.
  void on_names_behind(std::function<void(const AccountName&)> handler) { names_behind_ = std::move(handler); }
  // Waits until nothing runs; false if the deadline came first.
  loop::Task<bool> settle(loop::Deadline deadline);

 private:
  // Counts down what one perform() waits for.
  struct Waiter {
    explicit Waiter(loop::Loop& loop) : done(loop) {}
    loop::Signal done;
    std::size_t left = 0;
  };
  struct Queued {
    std::shared_ptr<Operation> operation;
    std::shared_ptr<Waiter> waiter;
    std::function<void(Account&)> work;  // instead of an operation
  };
  struct Slot {
    Slot(Partition& partition, IndexWriter& index, const Clock& clock, const AccountPlace& place_of_account)
        : account(partition, index, clock, place_of_account) {}
    Account account;
    std::deque<Queued> queue;
    bool running = false;
    std::uint64_t weight = 0;
    std::list<std::string>::iterator place;  // in lru_
  };

  std::shared_ptr<Slot> find(const AccountPlace& place);
  void enqueue(const AccountPlace& place, Queued queued);
  static std::vector<Queued> next_batch(Slot& slot);
  loop::Task<void> drain(std::shared_ptr<Slot> slot);
  void finish(const std::vector<Queued>& batch, Account& account);
  void weigh(Slot& slot);
  void evict();
  void drop(Slot& slot);

  loop::Loop& loop_;
  loop::WorkerPool& pool_;
  Partition& partition_;
  IndexWriter& index_;
  const Clock& clock_;
  const AccountLimits limits_;
  Notify notify_;
  std::function<void(const AccountName&)> names_behind_;
  std::unordered_map<std::string, std::shared_ptr<Slot>> slots_;
  std::list<std::string> lru_;  // used longest ago first
  std::uint64_t weight_ = 0;
  loop::TaskGroup tasks_;
};

}  // namespace mailtree::store
