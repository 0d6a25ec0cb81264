// SPDX-License-Identifier: Apache-2.0
// OpenAccount and MayAccept.
#include "store/daemon/foreign_folders.h"
#include "store/daemon/operations/operations.h"
#include "store/daemon/partition.h"

namespace mailtree::store {

Error no_such_mailbox() {
  return Error::permanent(Condition::no_such_mailbox, "No such mailbox");
}
Error over_quota() {
  return Error::permanent(Condition::over_quota, "Quota exceeded");
}

namespace {

bool above(std::int64_t limit, std::uint64_t value) {
  return limit >= 0 && value > static_cast<std::uint64_t>(limit);
}

}  // namespace

bool exceeds(const Quota& quota, const Totals& totals, std::uint64_t bytes, std::uint64_t messages) {
  return above(quota.bytes, totals.bytes + bytes) || above(quota.messages, totals.messages + messages);
}

bool domain_exceeds(const Quota& quota, const Totals& domain, std::uint64_t bytes, std::uint64_t messages) {
  return above(quota.domain_bytes, domain.bytes + bytes) || above(quota.domain_messages, domain.messages + messages);
}

Totals domain_totals(const AccountName& account, const Plan& plan, AccountAccess& access) {
  Totals sum = access.partition.usage().of(account_place(account).domain);
  const auto moved = [](std::uint64_t known, std::uint64_t before, std::uint64_t now) {
    return known + now > before ? known + now - before : 0;
  };
  sum.bytes = moved(sum.bytes, plan.totals_before.bytes, plan.state.totals.bytes);
  sum.messages = moved(sum.messages, plan.totals_before.messages, plan.state.totals.messages);
  return sum;
}

Result<void> check_quota(const AccountName& account, const Quota& quota, const Plan& plan, AccountAccess& access,
                         const Totals& more) {
  if (exceeds(quota, plan.state.totals, more.bytes, more.messages)) return over_quota();
  if (!quota.limits_domain()) return {};
  if (domain_exceeds(quota, domain_totals(account, plan, access), more.bytes, more.messages)) {
    return Error::permanent(Condition::over_quota, "Quota of the domain exceeded");
  }
  return {};
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
  unfinished = plan.state.transfers();
  return {};
}

// Nobody can read an account without rows: its session waits until there is an index again.
void OpenAccountOperation::see_index(IndexWriter&, const IndexedAccount&, const AccountState&, bool published) {
  if (!published) outcome = Error::temporary(Condition::unavailable, "no index shows " + reply.account_path);
}

void MayAcceptOperation::decide(Partition& partition, const Totals& totals, const Totals& domain, std::int64_t now) {
  reply.totals = totals;
  reply.accepted = !exceeds(request.quota, totals, request.size, 1);
  reply.too_big_for_quota = exceeds(request.quota, Totals{}, request.size, 1);
  if (reply.accepted && request.quota.limits_domain()) decide_for_domain(partition, domain, now);
}

// An estimate may defer mail, but never bounce it: only exact sums end the grace.
void MayAcceptOperation::decide_for_domain(Partition& partition, const Totals& domain, std::int64_t now) {
  Usage& usage = partition.usage();
  const std::string name = account_place(account).domain;
  reply.domain_full = domain_exceeds(request.quota, domain, request.size, 1);
  reply.accepted = !reply.domain_full;
  reply.too_big_for_quota = domain_exceeds(request.quota, Totals{}, request.size, 1);
  if (reply.accepted) {
    usage.set_full_since(name, 0);
    return;
  }
  if (reply.too_big_for_quota) return;  // says nothing about room
  if (request.delivery && usage.full_since(name) == 0) usage.set_full_since(name, now);
  const std::int64_t since = usage.full_since(name);
  reply.grace_over = usage.is_exact() && since != 0 && now - since >= partition.quota_grace_seconds();
}

// Who made room since the refusals began has a new period: he is at it.
void MayAcceptOperation::note_fullness(Plan& plan, std::int64_t grace_seconds) {
  const AccountState& state = plan.state;
  const Fullness& full = state.fullness;
  if (reply.accepted && full.since != 0) plan.add(entry::FullSince{});
  if (reply.accepted || reply.domain_full || reply.too_big_for_quota) return;
  const bool made_room = state.totals.bytes < full.totals.bytes || state.totals.messages < full.totals.messages;
  if (request.delivery && (full.since == 0 || made_room)) plan.add(entry::FullSince{plan.now, state.totals});
  reply.grace_over = full.since != 0 && plan.now - full.since >= grace_seconds;
}

Result<void> MayAcceptOperation::absent(Partition& partition, std::int64_t now) {
  decide(partition, Totals{}, partition.usage().of(account_place(account).domain), now);
  return {};
}

Result<void> MayAcceptOperation::plan(Plan& plan, AccountAccess& access) {
  const Totals domain = request.quota.limits_domain() ? domain_totals(account, plan, access) : Totals{};
  decide(access.partition, plan.state.totals, domain, plan.now);
  note_fullness(plan, access.partition.quota_grace_seconds());
  return {};
}

}  // namespace mailtree::store
