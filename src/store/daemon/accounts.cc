// SPDX-License-Identifier: Apache-2.0
// Queues of accounts and the cache they live in.
#include "store/daemon/accounts.h"

#include <exception>
#include <span>

namespace mailtree::store {
namespace {

constexpr std::size_t max_batch = 128;  // operations in one record

using Operations = std::vector<std::shared_ptr<Operation>>;

// On a pool thread. An exception is a bug or memory: the account starts over from disk.
void run_batch(Account& account, const Operations& operations) {
  std::string cause;
  try {
    account.run(operations);
    return;
  } catch (const std::exception& failure) {
    cause = failure.what();
  } catch (...) {
    cause = "unknown exception";
  }
  account.abandon(cause);
  for (const auto& operation : operations) operation->outcome = Error::temporary(Condition::none, cause);
}

void do_work(Account& account, const std::function<void(Account&)>& work) {
  try {
    work(account);
  } catch (const std::exception& failure) {
    account.abandon(failure.what());
  }
}

void clean_up(Account& account) {
  try {
    account.clean_up();
  } catch (const std::exception& failure) {
    account.abandon(failure.what());
  }
}

}  // namespace

Accounts::Accounts(loop::Loop& loop, loop::WorkerPool& pool, Partition& partition, IndexWriter& index,
                   const Clock& clock, AccountLimits limits, Notify notify)
    : loop_(loop),
      pool_(pool),
      partition_(partition),
      index_(index),
      clock_(clock),
      limits_(limits),
      notify_(std::move(notify)),
      tasks_(loop) {}

std::shared_ptr<Accounts::Slot> Accounts::find(const AccountPlace& place) {
  const std::string path = place.path();
  std::shared_ptr<Slot>& slot = slots_[path];
  if (slot) {
    lru_.splice(lru_.end(), lru_, slot->place);
  } else {
    slot = std::make_shared<Slot>(partition_, index_, clock_, place);
    slot->place = lru_.insert(lru_.end(), path);
  }
  return slot;
}

void Accounts::enqueue(const AccountPlace& place, Queued queued) {
  const std::shared_ptr<Slot> slot = find(place);
  ++queued.waiter->left;
  slot->queue.push_back(std::move(queued));
  if (slot->running) return;
  slot->running = true;
  tasks_.spawn(drain(slot));
}

loop::Task<void> Accounts::perform(std::vector<std::shared_ptr<Operation>> operations) {
  const auto waiter = std::make_shared<Waiter>(loop_);
  for (const auto& operation : operations) enqueue(account_place(operation->account), {operation, waiter, {}});
  while (waiter->left != 0) {
    const auto woken = co_await waiter->done.wait(loop::Deadline::never());
    if (!woken) break;
  }
}

loop::Task<void> Accounts::visit(AccountPlace place, std::function<void(const Account&)> look) {
  auto work = [look = std::move(look)](Account& account) { look(account); };
  co_await work_on(std::move(place), std::move(work));
}

loop::Task<void> Accounts::work_on(AccountPlace place, std::function<void(Account&)> work) {
  const auto waiter = std::make_shared<Waiter>(loop_);
  enqueue(place, {nullptr, waiter, std::move(work)});
  while (waiter->left != 0) {
    const auto woken = co_await waiter->done.wait(loop::Deadline::never());
    if (!woken) break;
  }
}

loop::Task<bool> Accounts::settle(loop::Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  const auto waited = co_await tasks_.wait(deadline);
  co_return waited.has_value();
}

// An operation that looks at files is a batch of its own: what it saw must not change before it is planned.
std::vector<Accounts::Queued> Accounts::next_batch(Slot& slot) {
  std::vector<Queued> batch;
  while (!slot.queue.empty() && batch.size() < max_batch) {
    const Queued& next = slot.queue.front();
    const bool alone = next.work || next.operation->looks_at_files();
    if (alone && !batch.empty()) break;
    batch.push_back(std::move(slot.queue.front()));
    slot.queue.pop_front();
    if (alone) break;
  }
  return batch;
}

loop::Task<void> Accounts::drain(std::shared_ptr<Slot> slot) {
  Account* const account = &slot->account;
  while (!slot->queue.empty()) {
    const std::vector<Queued> batch = next_batch(*slot);
    Operations operations;
    for (const Queued& queued : batch) operations.push_back(queued.operation);
    auto job = [account, work = batch.front().work, operations = std::move(operations)] {
      work ? do_work(*account, work) : run_batch(*account, operations);
    };
    co_await pool_.run(std::move(job));
    finish(batch, *account);
    if (account->needs_clean_up()) {
      auto cleaning = [account] { clean_up(*account); };
      co_await pool_.run(std::move(cleaning));
    }
  }
  slot->running = false;
  weigh(*slot);
  if (!account->is_loaded() && account->may_be_evicted()) drop(*slot);
  evict();
}

void Accounts::finish(const std::vector<Queued>& batch, Account& account) {
  for (const Queued& queued : batch) {
    if (--queued.waiter->left == 0) queued.waiter->done.set();
  }
  for (const ChangeNotice& notice : account.take_notices()) notify_(notice);
  const AccountName* const behind = account.take_names_behind();
  if (behind != nullptr && names_behind_) names_behind_(*behind);
}

void Accounts::weigh(Slot& slot) {
  weight_ -= slot.weight;
  slot.weight = slot.account.weight();
  weight_ += slot.weight;
}

// Somebody else may still hold it.
void Accounts::drop(Slot& slot) {
  weight_ -= slot.weight;
  const auto place = slot.place;
  slots_.erase(*place);
  lru_.erase(place);
}

void Accounts::evict() {
  auto at = lru_.begin();
  while (at != lru_.end() && (slots_.size() > limits_.accounts || weight_ > limits_.octets)) {
    const auto slot = slots_.find(*at);
    const bool busy = slot->second->running || !slot->second->account.may_be_evicted();
    if (busy) {
      ++at;
      continue;
    }
    ++at;
    drop(*slot->second);
  }
}

}  // namespace mailtree::store
