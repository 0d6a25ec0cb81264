// SPDX-License-Identifier: Apache-2.0
// Moving messages between accounts, and going on with what an earlier process began. Loop thread only.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "loop/loop.h"
#include "loop/signal.h"
#include "loop/task.h"
#include "store/daemon/accounts.h"
#include "store/daemon/transfer_steps.h"
#include "store/transfer.h"

namespace mailtree::store {

class Transfers {
 public:
  Transfers(loop::Loop& loop, Accounts& accounts) : loop_(loop), accounts_(accounts) {}

  loop::Task<Result<CopyResult>> move(MoveToAccount request);
  // Goes on with these; what cannot be brought to an end now is left to the next one.
  loop::Task<void> finish(std::vector<Transfer> transfers);

 private:
  // One at a time: two who go on with the same transfer would bring its messages twice.
  loop::Task<void> wait_for_turn();
  void end_turn();
  loop::Task<Result<CopyResult>> go_on(Transfer transfer, Quota quota);
  loop::Task<Result<CopyResult>> move_some(const MoveToAccount* request);

  loop::Loop& loop_;
  Accounts& accounts_;
  bool busy_ = false;
  std::deque<std::shared_ptr<loop::Signal>> waiting_;
};

}  // namespace mailtree::store
