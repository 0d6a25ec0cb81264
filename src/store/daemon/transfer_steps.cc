// SPDX-License-Identifier: Apache-2.0
#include "store/daemon/transfer_steps.h"

namespace mailtree::store {
namespace {

// The target has said no before anything of it was written.
bool is_refusal(const Error& error) {
  return error.kind == Kind::permanent || error.condition == Condition::inactive;
}

}  // namespace

std::shared_ptr<Operation> TransferSteps::give_up(const Error& error) {
  result_ = error;
  step_ = Step::settled;
  return nullptr;
}

// The source lets go first: while it does not, the target must not forget.
std::shared_ptr<Operation> TransferSteps::refuse(const Error& error) {
  result_ = error;
  step_ = Step::left;
  leave_ = std::make_shared<LeaveOperation>(transfer_.source, transfer_.number, false);
  return last_ = leave_;
}

std::shared_ptr<Operation> TransferSteps::settle() {
  step_ = Step::settled;
  return last_ = std::make_shared<SettleOperation>(transfer_.target, transfer_.number);
}

std::shared_ptr<Operation> TransferSteps::next() {
  const bool failed = last_ && !last_->outcome;
  switch (step_) {
    case Step::begin:
      step_ = Step::collected;
      collect_ = std::make_shared<CollectOperation>(transfer_.source, transfer_.number);
      return last_ = collect_;
    case Step::collected:
      if (failed) return give_up(last_->outcome.error());
      if (!collect_->departure) return settle();
      step_ = Step::expected;
      return last_ = std::make_shared<ExpectOperation>(*collect_, transfer_.number, quota_);
    case Step::expected:
      if (failed && is_refusal(last_->outcome.error())) return refuse(last_->outcome.error());
      if (failed) return give_up(last_->outcome.error());
      step_ = Step::arrived;
      arrive_ = std::make_shared<ArriveOperation>(*collect_, transfer_.number);
      return last_ = arrive_;
    case Step::arrived:
      if (failed && is_refusal(last_->outcome.error())) return refuse(last_->outcome.error());
      if (failed) return give_up(last_->outcome.error());
      step_ = Step::left;
      result_ = arrive_->result;
      leave_ = std::make_shared<LeaveOperation>(transfer_.source, transfer_.number, true);
      return last_ = leave_;
    case Step::left:
      if (failed) return give_up(last_->outcome.error());
      if (result_) result_->modseq = leave_->modseq;
      return settle();
    case Step::settled:
      return nullptr;  // if it could not be noted, the next who opens the target asks once more
  }
  return nullptr;
}

}  // namespace mailtree::store
