// SPDX-License-Identifier: Apache-2.0
// Which account's names are due, and one step after the other.
#include "store/daemon/naming.h"

#include "log/log.h"

namespace mailtree::store {

using loop::Deadline;
using loop::Task;

Naming::Naming(loop::Loop& loop, Accounts& accounts, NamingPlan plan)
    : accounts_(accounts), plan_(plan), wake_(loop), tasks_(loop) {}

void Naming::add(const AccountName& account) {
  add(account, waiting_, plan_.after);
}

void Naming::add(const AccountName& account, std::deque<Waiting>& queue, std::chrono::milliseconds after) {
  if (stopped_ || waiting_.size() + failed_.size() >= plan_.most_waiting) return;
  if (!known_.insert(account_place(account).path()).second) return;
  queue.push_back({std::chrono::steady_clock::now() + after, account});
}

bool Naming::take(AccountName& account) {
  const Time now = std::chrono::steady_clock::now();
  for (std::deque<Waiting>* const queue : {&waiting_, &failed_}) {
    if (queue->empty() || queue->front().due > now) continue;
    account = std::move(queue->front().account);
    queue->pop_front();
    known_.erase(account_place(account).path());
    return true;
  }
  return false;
}

void Naming::start() {
  tasks_.spawn(run());
}

Task<void> Naming::stop(Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  stopped_ = true;
  wake_.set();
  const auto waited = co_await tasks_.wait(deadline);
  static_cast<void>(waited);
}

Task<void> Naming::run() {
  AccountName account;
  while (!stopped_) {
    while (running_ < plan_.at_once && take(account)) tasks_.spawn(name(account));
    const auto woken = co_await wake_.wait(Deadline::after(plan_.look_every));
    static_cast<void>(woken);
  }
}

Task<void> Naming::name(AccountName account) {
  const auto pass = std::make_shared<NamePass>();
  pass->account = account;
  ++running_;
  while (!pass->finished && !stopped_) {
    AccountPlace place = account_place(account);
    auto step = [pass, limit = plan_.step](Account& at) { at.show_flags(*pass, limit); };
    co_await accounts_.work_on(std::move(place), std::move(step));
  }
  --running_;
  wake_.set();
  if (!pass->failure) {
    if (pass->named != 0) failing_ = false;
    co_return;
  }
  if (!failing_) {
    log::event(log::Level::warning, "store.names.failed",
               {{"account", account_place(account).path()}, {"error", pass->failure->detail}});
  }
  failing_ = true;
  add(account, failed_, plan_.after_failure);
}

}  // namespace mailtree::store
