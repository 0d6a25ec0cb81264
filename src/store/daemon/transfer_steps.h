// SPDX-License-Identifier: Apache-2.0
// In which order a transfer goes on, from wherever it was left: one operation after the other, of either account.
#pragma once

#include <memory>

#include "store/daemon/operations/transfer.h"

namespace mailtree::store {

class TransferSteps {
 public:
  // `quota` of the target; unlimited if nobody knows: it was looked at when the transfer began.
  explicit TransferSteps(Transfer transfer, Quota quota = {}) : transfer_(std::move(transfer)), quota_(quota) {}

  // What has to be performed next, after the one before was; null: there is nothing more to do.
  std::shared_ptr<Operation> next();
  // What came of it: the messages have moved, or the transfer was over before; permanent errors: they stay; temporary
  // ones: to be gone on with later.
  [[nodiscard]] const Result<CopyResult>& result() const { return result_; }

 private:
  enum class Step { begin, collected, expected, arrived, left, settled };
  std::shared_ptr<Operation> refuse(const Error& error);
  std::shared_ptr<Operation> settle();
  std::shared_ptr<Operation> give_up(const Error& error);

  const Transfer transfer_;
  const Quota quota_;
  Step step_ = Step::begin;
  std::shared_ptr<CollectOperation> collect_;
  std::shared_ptr<ArriveOperation> arrive_;
  std::shared_ptr<LeaveOperation> leave_;
  std::shared_ptr<Operation> last_;
  Result<CopyResult> result_ = CopyResult{};
};

}  // namespace mailtree::store
