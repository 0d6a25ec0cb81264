// SPDX-License-Identifier: Apache-2.0
#include "store/daemon/transfers.h"

#include "log/log.h"
#include "store/daemon/operations/operations.h"

namespace mailtree::store {

using loop::Task;

Task<void> Transfers::wait_for_turn() {
  const auto turn = std::make_shared<loop::Signal>(loop_);
  if (!busy_) {
    busy_ = true;
    co_return;
  }
  waiting_.push_back(turn);
  const auto woken = co_await turn->wait(loop::Deadline::never());
  static_cast<void>(woken);
}

// The next one has the turn at once: nobody can come between.
void Transfers::end_turn() {
  busy_ = !waiting_.empty();
  if (!busy_) return;
  const auto next = std::move(waiting_.front());
  waiting_.pop_front();
  next->set();
}

Task<Result<CopyResult>> Transfers::go_on(Transfer transfer, Quota quota) {
  TransferSteps steps(std::move(transfer), quota);
  while (auto operation = steps.next()) {
    std::vector<std::shared_ptr<Operation>> all = {std::move(operation)};
    co_await accounts_.perform(std::move(all));
  }
  co_return steps.result();
}

// The first of the messages, as many as one transfer takes; without a uidvalidity: none of them is there.
Task<Result<CopyResult>> Transfers::move_some(const MoveToAccount* request) {
  const std::uint64_t number = mark_of(new_unique());
  const auto depart = std::make_shared<DepartOperation>(*request, number);
  std::vector<std::shared_ptr<Operation>> all = {depart};
  co_await accounts_.perform(std::move(all));
  if (!depart->outcome) co_return depart->outcome.error();
  if (depart->leaving.empty()) co_return CopyResult{};
  Transfer transfer{number, request->account, request->target_account};
  auto moved = co_await go_on(std::move(transfer), request->target_quota);
  co_return moved;
}

Task<Result<CopyResult>> Transfers::move(MoveToAccount request) {
  CopyResult result;
  if (account_place(request.account).path() == account_place(request.target_account).path()) {
    co_return Error::permanent(Condition::cannot, "Source and target are the same account");
  }
  co_await wait_for_turn();
  for (;;) {
    const auto moved = co_await move_some(&request);
    if (!moved) {
      end_turn();
      co_return moved.error();
    }
    if (moved->uidvalidity == 0) break;  // nothing is left
    result.uidvalidity = moved->uidvalidity;
    result.modseq = moved->modseq;
    result.source.insert(result.source.end(), moved->source.begin(), moved->source.end());
    result.target.insert(result.target.end(), moved->target.begin(), moved->target.end());
  }
  end_turn();
  co_return result;
}

Task<void> Transfers::finish(std::vector<Transfer> transfers) {
  [[maybe_unused]] const int frame = 0;
  co_await wait_for_turn();
  for (const Transfer& transfer : transfers) {
    const Quota unlimited;
    const auto finished = co_await go_on(transfer, unlimited);
    if (finished) continue;
    log::event(log::Level::warning, "store.transfer.unfinished",
               {{"source", account_place(transfer.source).path()},
                {"target", account_place(transfer.target).path()},
                {"error", finished.error().detail}});
  }
  end_turn();
}

}  // namespace mailtree::store
