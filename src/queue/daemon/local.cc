// SPDX-License-Identifier: Apache-2.0
// One Deliver a partition and form of the message. See local.h.
#include "queue/daemon/local.h"

#include <algorithm>
#include <optional>

#include "config/settings.h"
#include "log/log.h"
#include "net/digest.h"
#include "net/rpc.h"
#include "queue/daemon/message_copy.h"
#include "queue/words.h"
#include "store/messages.h"

namespace mailtree::queue {
namespace {

using loop::Deadline;
using loop::Task;

constexpr std::chrono::seconds store_patience{60};

store::TransactionId transaction_of(const std::string& queue_id) {
  const std::string digest = net::sha256("deliver " + queue_id);
  store::TransactionId id{};
  std::copy_n(digest.begin(), id.size(), reinterpret_cast<char*>(id.data()));
  return id;
}

// One mailbox of one recipient, and how it fared.
struct Piece {
  std::size_t target = 0;
  std::string partition;
  Index variant = 0;
  store::DeliverRecipient mailbox;
  store::Quota quota;
  LocalOutcome outcome;
};

void set(LocalOutcome& outcome, LocalOutcome::Result result, std::string status, std::string reply) {
  outcome.result = result;
  outcome.status = std::move(status);
  outcome.reply = std::move(reply);
}

void set_temporary(LocalOutcome& outcome, const Error& error) {
  set(outcome, LocalOutcome::Result::temporary, "4.3.0", "The mail store cannot be reached now");
  outcome.ours = true;
  if (error.condition == Condition::storage || error.condition == Condition::too_big) outcome.status = "4.3.1";
}

void read_result(const store::DeliverResult& result, LocalOutcome& outcome) {
  if (result.delivered) return set(outcome, LocalOutcome::Result::delivered, "2.1.5", "Delivered to the mailbox");
  const bool permanent = result.permanent;
  const char first = permanent ? '5' : '4';
  std::string subject = ".3.0";
  std::string reply = "The mailbox did not take the message";
  if (static_cast<Condition>(result.condition) == Condition::over_quota) {
    subject = ".2.2";
    reply = "The mailbox is full";
  } else if (static_cast<Condition>(result.condition) == Condition::storage) {
    subject = ".3.1";
    reply = "The mail store is full";
  }
  outcome.ours = !permanent && static_cast<Condition>(result.condition) == Condition::unavailable;
  const auto kind = permanent ? LocalOutcome::Result::permanent : LocalOutcome::Result::temporary;
  set(outcome, kind, first + subject, std::move(reply));
}

std::vector<Piece> pieces_of(const Services& services, const Entry& entry, const std::vector<LocalTarget>& targets) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (const ldapauth::MailboxAction& action : targets[i].mailboxes) {
      Piece piece;
      piece.target = i;
      piece.variant = entry.item.delivery(targets[i].recipient).variant;
      piece.mailbox.account = {action.account.domain, action.account.uid, action.account.entry_uuid};
      piece.mailbox.folder = action.folder_hint;
      piece.quota.bytes = std::max<std::int64_t>(action.account.quota_bytes, -1);
      piece.quota.messages = std::max<std::int64_t>(action.account.quota_messages, -1);
      piece.quota.domain_bytes = std::max<std::int64_t>(action.account.domain_quota_bytes, -1);
      piece.quota.domain_messages = std::max<std::int64_t>(action.account.domain_quota_messages, -1);
      // (transaction, account, index) names the copy: the same for every way that leads into this folder.
      piece.mailbox.index = crc32c(action.folder_hint);
      const config::Partition* const partition = services.settings.partition(action.account.partition);
      if (partition != nullptr) piece.partition = partition->name;
      set(piece.outcome, LocalOutcome::Result::temporary, "4.3.5", "The mailbox has no place on this host");
      pieces.push_back(std::move(piece));
    }
  }
  return pieces;
}

// Those of the same partition and form, at most what one Deliver takes; each mailbox once.
std::vector<std::size_t> next_group(const std::vector<Piece>& pieces, const std::vector<bool>& done) {
  std::vector<std::size_t> group;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (done[i] || pieces[i].partition.empty()) continue;
    const bool fits = group.empty() || (pieces[i].partition == pieces[group[0]].partition &&
                                        pieces[i].variant == pieces[group[0]].variant);
    const auto same = [&](std::size_t other) {
      return pieces[other].mailbox.account == pieces[i].mailbox.account &&
             pieces[other].mailbox.index == pieces[i].mailbox.index;
    };
    const bool taken = std::any_of(group.begin(), group.end(), same);
    if (fits && !taken && group.size() < store::max_recipients) group.push_back(i);
  }
  return group;
}

store::Deliver request_for(const Entry& entry, const std::vector<Piece>& pieces, const std::vector<std::size_t>& group,
                           std::uint64_t size) {
  store::Deliver request;
  request.transaction = transaction_of(entry.item.id());
  request.size = size;
  for (const std::size_t i : group) request.recipients.push_back(pieces[i].mailbox);
  const Delivery& first = entry.item.delivery(pieces[group[0]].outcome.recipient);
  request.again = entry.from_disk || first.attempts > 0;
  request.envelope_sender = entry.item.sender_of(pieces[group[0]].outcome.recipient);
  request.received_at = static_cast<std::int64_t>(entry.item.envelope().queued_at_us / 1'000'000);
  return request;
}

// stored does not look at quotas when it delivers: SMTP asks at RCPT, and here it is asked for group members and
// forwards, whom RCPT did not know. Those without room leave the group.
Task<void> check_quotas(net::RpcClient& client, std::vector<Piece>& pieces, std::vector<std::size_t>& group,
                        std::uint64_t size) {
  std::vector<std::size_t> with_room;
  for (const std::size_t i : group) {
    Piece& piece = pieces[i];
    if (!piece.quota.is_limited()) {
      with_room.push_back(i);
      continue;
    }
    store::MayAccept request;
    request.account = piece.mailbox.account;
    request.quota = piece.quota;
    request.size = size;
    const auto answer = co_await client.call(request, Deadline::after(store_patience));
    if (!answer) {
      set_temporary(piece.outcome, answer.error());
    } else if (answer->accepted) {
      with_room.push_back(i);
    } else if (answer->too_big_for_quota) {
      set(piece.outcome, LocalOutcome::Result::permanent, "5.2.2", "The message is larger than the mailbox may be");
    } else if (answer->grace_over) {
      set(piece.outcome, LocalOutcome::Result::permanent, "5.2.2", "The mailbox has been full for too long");
    } else {
      set(piece.outcome, LocalOutcome::Result::temporary, "4.2.2", "The mailbox is full");
    }
  }
  group = std::move(with_room);
}

Task<void> deliver_group(Services& services, EntryRef entry, std::vector<Piece>& pieces,
                         std::vector<std::size_t> group) {
  const std::string partition = pieces[group[0]].partition;
  const Index variant = pieces[group[0]].variant;
  auto opened = co_await services.ledger.open_message(entry);
  if (!opened) {
    for (const std::size_t i : group) set_temporary(pieces[i].outcome, opened.error());
    co_return;
  }
  const std::uint64_t size = entry->item.envelope().message_bytes;
  auto shared = std::make_shared<UniqueFd>(std::move(*opened));
  std::optional<Variant> form;
  if (const Variant* const wanted = entry->item.variant(variant)) form = *wanted;
  auto job = [&services, shared, size, form] {
    return message_for(services.disk, services.spool, std::move(*shared), size, form ? &*form : nullptr);
  };
  auto copy = co_await services.pool.run(std::move(job));
  if (!copy) {
    for (const std::size_t i : group) set_temporary(pieces[i].outcome, copy.error());
    co_return;
  }
  net::RpcClient& client = *services.stores.at(partition);
  co_await check_quotas(client, pieces, group, copy->size);
  if (group.empty()) co_return;
  const store::Deliver request = request_for(*entry, pieces, group, copy->size);
  std::vector<UniqueFd> descriptors;
  descriptors.push_back(std::move(copy->file));
  const Deadline deadline = Deadline::after(store_patience);
  auto answer = co_await client.call_with(request, std::move(descriptors), deadline);
  if (!answer) {
    log::event(log::Level::warning, "queue.store.unavailable",
               {{"queue_id", entry->item.id()}, {"partition", partition}, {"error", answer.error().detail}});
    for (const std::size_t i : group) set_temporary(pieces[i].outcome, answer.error());
    co_return;
  }
  const std::vector<store::DeliverResult>& results = answer->value.results;
  for (std::size_t n = 0; n < group.size() && n < results.size(); ++n) {
    read_result(results[n], pieces[group[n]].outcome);
    if (results[n].delivered) continue;
    log::event(log::Level::warning, "queue.delivery.failed",
               {{"queue_id", entry->item.id()}, {"error", results[n].detail}});
  }
}

// A recipient with several mailboxes has it when all of them have.
std::vector<LocalOutcome> fold(const std::vector<Piece>& pieces, const std::vector<LocalTarget>& targets) {
  std::vector<LocalOutcome> outcomes(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    outcomes[i].recipient = targets[i].recipient;
    bool first = true;
    for (const Piece& piece : pieces) {
      if (piece.target != i) continue;
      const bool worse = piece.outcome.result == LocalOutcome::Result::temporary ||
                         (piece.outcome.result == LocalOutcome::Result::permanent &&
                          outcomes[i].result == LocalOutcome::Result::delivered);
      if (first || worse) outcomes[i] = piece.outcome;
      first = false;
    }
    outcomes[i].recipient = targets[i].recipient;
  }
  return outcomes;
}

}  // namespace

Task<std::vector<LocalOutcome>> deliver_locally(Services& services, EntryRef entry,
                                                std::vector<LocalTarget> targets) {
  std::vector<Piece> pieces = pieces_of(services, *entry, targets);
  std::vector<bool> done(pieces.size(), false);
  for (Piece& piece : pieces) piece.outcome.recipient = targets[piece.target].recipient;
  for (;;) {
    std::vector<std::size_t> group = next_group(pieces, done);
    if (group.empty()) break;
    for (const std::size_t i : group) done[i] = true;
    co_await deliver_group(services, entry, pieces, std::move(group));
  }
  co_return fold(pieces, targets);
}

}  // namespace mailtree::queue
