// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/handover.h"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "log/log.h"
#include "net/digest.h"
#include "smtp/server/backends.h"
#include "smtp/server/replies.h"
#include "smtp/server/routing.h"
#include "smtp/server/session.h"

namespace mailtree::smtp {
namespace {

constexpr std::chrono::seconds repeat_patience{5};  // after the first answer that did not come
constexpr std::chrono::milliseconds repeat_pause{100};

// When to stop asking again. Counts from the first failure, which may come late.
class Patience {
 public:
  [[nodiscard]] bool is_over() {
    const auto now = std::chrono::steady_clock::now();
    if (!until_) until_ = now + repeat_patience;
    return now >= *until_;
  }

 private:
  std::optional<std::chrono::steady_clock::time_point> until_;
};

UniqueFd duplicate(int fd) {
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

Reply delivered(const Transaction& transaction) {
  return {250, "2.0.0", "Accepted as " + transaction.id_text()};
}

Reply reply_of(const store::DeliverResult& result, const Transaction& transaction) {
  if (result.delivered) return delivered(transaction);
  switch (static_cast<Condition>(result.condition)) {
    case Condition::over_quota:
      return result.permanent ? Reply{552, "5.2.2", "Mailbox is full"} : Reply{452, "4.2.2", "Mailbox is full"};
    case Condition::storage:
      return replies::no_space();
    default:
      return result.permanent ? Reply{554, "5.3.0", "Message cannot be delivered"} : replies::temporary();
  }
}

Task<Result<store::Deliver::Reply>> deliver(Session& session, const DirectDelivery& direct) {
  const Transaction& transaction = *session.transaction;
  store::Deliver request;
  request.transaction = transaction.id;
  request.size = transaction.intake->size();
  request.crlf_size = transaction.intake->crlf_size();
  request.recipients = direct.mailboxes;
  request.envelope_sender = transaction.sender.print();
  request.received_at = session.services().clock.wall().time_since_epoch() / std::chrono::seconds(1);
  Patience patience;
  for (;;) {
    UniqueFd file = duplicate(transaction.intake->file());
    store::Deliver copy = request;
    auto answer = co_await session.services().backends.deliver(direct.partition, std::move(copy), std::move(file));
    if (answer || answer.error().condition != Condition::unavailable || patience.is_over()) co_return answer;
    request.again = true;
    co_await loop::sleep(session.services().loop, repeat_pause);
  }
}

queue::Submit submission_of(const Session& session, const std::vector<const Recipient*>& recipients) {
  const Transaction& transaction = *session.transaction;
  queue::Submit request;
  request.transaction = transaction.id;
  request.sender = transaction.sender.print();
  for (const Recipient* recipient : recipients) {
    queue::Recipient& entry = request.recipients.emplace_back();
    entry.address = recipient->address.print();
    entry.original = recipient->parameters.original;
    entry.notify = recipient->parameters.notify;
  }
  request.size = transaction.intake->size();
  request.envelope_id = transaction.parameters.envelope_id;
  request.ret = static_cast<std::uint8_t>(transaction.parameters.ret);
  request.smtputf8 = transaction.parameters.smtputf8;
  request.eight_bit = transaction.intake->facts().eight_bit || transaction.parameters.body == Body::binary;
  request.origin.client_address = session.peer().host;
  request.origin.hello = session.hello;
  request.origin.protocol = protocol_word(session);
  if (session.user) request.origin.authenticated_as = session.user->name();
  request.origin.received_at_us =
      static_cast<std::uint64_t>(session.services().clock.wall().time_since_epoch().count());
  request.internal_origin = session.user.has_value() || session.role() == Role::lmtp;
  return request;
}

Task<Result<queue::Submitted>> submit(Session& session, queue::Submit request) {
  Patience patience;
  for (;;) {
    UniqueFd file = duplicate(session.transaction->intake->file());
    queue::Submit copy = request;
    auto answer = co_await session.services().backends.submit(std::move(copy), std::move(file));
    if (answer || answer.error().condition != Condition::unavailable || patience.is_over()) co_return answer;
    request.again = true;
    co_await loop::sleep(session.services().loop, repeat_pause);
  }
}

void log_failure(const Session& session, const char* event, const std::string& why) {
  log::event(log::Level::warning, event,
             {{"session", session.id()}, {"id", session.transaction->id_text()}, {"error", why}});
}

// For each recipient the worst reply of its mailboxes.
std::vector<Reply> replies_of(const Session& session, const DirectDelivery& direct,
                              const store::Deliver::Reply& answer) {
  const Transaction& transaction = *session.transaction;
  std::vector<Reply> all;
  for (const std::vector<std::size_t>& indexes : direct.of_recipient) {
    Reply worst = delivered(transaction);
    for (const std::size_t index : indexes) {
      const bool known = index < answer.results.size();
      const Reply reply = known ? reply_of(answer.results[index], transaction) : replies::temporary();
      if (known && !answer.results[index].delivered)
        log_failure(session, "smtp.delivery.failed", answer.results[index].detail);
      if (!reply.positive()) worst = reply;
    }
    all.push_back(std::move(worst));
  }
  return all;
}

// Some have it: one 250 must now cover the rest as well (RFC 5321 4.2.5), so the queue tries them again, or bounces.
Task<void> leave_rest_to_queue(Session& session, std::vector<Reply>& all) {
  std::vector<const Recipient*> rest;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!all[i].positive()) rest.push_back(&session.transaction->recipients[i]);
  if (rest.empty() || rest.size() == all.size()) co_return;
  queue::Submit request = submission_of(session, rest);
  const std::string id = net::random_octets(request.transaction.size());
  std::copy(id.begin(), id.end(), request.transaction.begin());
  const auto taken = co_await submit(session, std::move(request));
  if (!taken) log_failure(session, "smtp.queue.unavailable", taken.error().detail);
  const Reply reply = taken ? delivered(*session.transaction) : replies::temporary();
  if (!taken) {
    std::fill(all.begin(), all.end(), reply);  // rather a copy too many than one too few
  } else {
    for (Reply& one : all)
      if (!one.positive()) one = reply;
  }
}

}  // namespace

Task<std::vector<Reply>> hand_over(Session& session, const DirectDelivery* direct) {
  const Transaction& transaction = *session.transaction;
  std::vector<Reply> all(transaction.recipients.size(), replies::temporary());
  if (direct != nullptr) {
    const auto answer = co_await deliver(session, *direct);
    if (!answer) {
      log_failure(session, "smtp.store.unavailable", answer.error().detail);
      if (answer.error().condition == Condition::storage) std::fill(all.begin(), all.end(), replies::no_space());
      co_return all;
    }
    all = replies_of(session, *direct, *answer);
    if (session.role() != Role::lmtp) co_await leave_rest_to_queue(session, all);
    co_return all;
  }
  std::vector<const Recipient*> everybody;
  for (const Recipient& recipient : transaction.recipients) everybody.push_back(&recipient);
  queue::Submit request = submission_of(session, everybody);
  const auto taken = co_await submit(session, std::move(request));
  if (!taken) {
    log_failure(session, "smtp.queue.unavailable", taken.error().detail);
    co_return all;
  }
  std::fill(all.begin(), all.end(), delivered(transaction));
  co_return all;
}

}  // namespace mailtree::smtp
