// SPDX-License-Identifier: Apache-2.0
// OpenAccount and MayAccept.
#include "store/daemon/operations/operations.h"
#include "store/daemon/partition.h"

namespace mailtree::store {

Error no_such_mailbox() {
  return Error::permanent(Condition::no_such_mailbox, "No such mailbox");
}
Error over_quota() {
  return Error::permanent(Condition::over_quota, "Quota exceeded");
}

bool exceeds(const Quota& quota, const Totals& totals, std::uint64_t bytes, std::uint64_t messages) {
  const auto above = [](std::int64_t limit, std::uint64_t value) {
    return limit >= 0 && value > static_cast<std::uint64_t>(limit);
  };
  return above(quota.bytes, totals.bytes + bytes) || above(quota.messages, totals.messages + messages);
}

Result<void> OpenAccountOperation::prepare(AccountAccess& access) {
  auto found = find_foreign_folders(access);
  if (!found) return found.error();
  foreign_ = std::move(*found);
  return {};
}

Result<void> OpenAccountOperation::plan(Plan& plan, AccountAccess& access) {
  const Result<void> taken_in = plan_foreign_folders(plan, access, foreign_);
  if (!taken_in) return taken_in;
  reply.key = account_key(account);
  reply.account_path = access.partition.path() + "/" + account_place(account).path();
  reply.totals = plan.state.totals;
  return {};
}

void MayAcceptOperation::decide(const Totals& totals) {
  reply.totals = totals;
  reply.accepted = !exceeds(request.quota, totals, request.size, 1);
  reply.too_big_for_quota = exceeds(request.quota, Totals{}, request.size, 1);
}

Result<void> MayAcceptOperation::absent() {
  decide(Totals{});
  return {};
}

Result<void> MayAcceptOperation::plan(Plan& plan, AccountAccess&) {
  decide(plan.state.totals);
  return {};
}

}  // namespace mailtree::store
