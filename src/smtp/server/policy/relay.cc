// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/policy/relay.h"

#include <algorithm>
#include <utility>

#include "config/settings.h"
#include "log/log.h"
#include "smtp/server/backends.h"
#include "smtp/server/replies.h"
#include "smtp/server/routing.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::policy {
namespace {

using ldapauth::Account;
using ldapauth::Outcome;

Reply accepted() {
  return {250, "2.1.5", "Recipient ok"};
}

// Quotas that the directory leaves open are unlimited here.
store::Quota quota_of(const Account& account) {
  const auto limit = [](std::int64_t quota) { return std::max<std::int64_t>(quota, -1); };
  return {limit(account.quota_bytes), limit(account.quota_messages), limit(account.domain_quota_bytes),
          limit(account.domain_quota_messages)};
}

// Over quota is said now: after the data it would be a bounce, or a loss.
Task<Reply> judge_mailbox(Session& session, const Account& account) {
  const std::uint64_t size = session.transaction->parameters.size;
  if (account.max_message_bytes > 0 && size > static_cast<std::uint64_t>(account.max_message_bytes))
    co_return Reply{552, "5.2.3", "Message too big for this recipient"};
  const std::optional<std::string> partition = partition_of(session.services().settings, account);
  if (!partition) co_return replies::temporary();
  store::MayAccept request;
  request.account = name_in_store(account);
  request.quota = quota_of(account);
  request.size = size;
  const auto answer = co_await session.services().backends.may_accept(*partition, std::move(request));
  if (!answer) {
    log::event(log::Level::warning, "smtp.store.unavailable",
               {{"session", session.id()}, {"partition", *partition}, {"error", answer.error().detail}});
    co_return replies::temporary();
  }
  if (answer->accepted) co_return accepted();
  if (answer->too_big_for_quota) co_return Reply{552, "5.2.2", "Message is larger than the mailbox may become"};
  const std::string text = answer->domain_full ? "The mailboxes of this domain are full" : "Mailbox is full";
  if (answer->grace_over) co_return Reply{552, "5.2.2", text};
  co_return Reply{452, "4.2.2", text};
}

Reply refusal_of(const ldapauth::Refusal& refusal) {
  return {refusal.code, refusal.enhanced, refusal.text};
}

}  // namespace

Task<Reply> judge_recipient(Session& session, Recipient& recipient) {
  const Transaction& transaction = *session.transaction;
  ldapauth::ResolveRecipient request;
  request.address = recipient.address.print();
  request.sender = transaction.sender.print();
  if (session.user) request.authenticated_as = session.user->mail;
  request.message_bytes = static_cast<std::int64_t>(transaction.parameters.size);
  ldapauth::RecipientAnswer answer = co_await session.services().backends.resolve(std::move(request));
  switch (answer.outcome) {
    case Outcome::found:
      break;
    case Outcome::no_such_user:
      co_return Reply{550, "5.1.1", "No such user here"};
    case Outcome::not_hosted:
      if (!session.user) co_return Reply{550, "5.7.1", "Relaying denied"};
      recipient.remote = true;
      co_return accepted();
    case Outcome::unavailable:
      log::event(log::Level::warning, "smtp.directory.unavailable",
                 {{"session", session.id()}, {"error", answer.detail}});
      co_return replies::temporary();
  }
  if (answer.plan.is_refused()) co_return refusal_of(answer.plan.refusal);
  recipient.plan = std::move(answer.plan);
  for (const ldapauth::MailboxAction& mailbox : recipient.plan.mailboxes) {
    const Reply reply = co_await judge_mailbox(session, mailbox.account);
    if (!reply.positive()) co_return reply;
  }
  co_return accepted();
}

}  // namespace mailtree::smtp::policy
