// SPDX-License-Identifier: Apache-2.0
// Runner, second half: one attempt at a destination, by relayd.
#include <algorithm>
#include <optional>

#include "log/log.h"
#include "net/rpc.h"
#include "queue/daemon/message_copy.h"
#include "queue/daemon/runner.h"
#include "relay/messages.h"

namespace mailtree::queue {
namespace {

using loop::Deadline;
using loop::Task;

// An attempt may go through several hosts, each with its timeouts (RFC 5321 section 4.5.3.2).
constexpr std::chrono::minutes attempt_patience{60};
constexpr std::chrono::seconds relay_pause{5};  // relayd is down: soon again, without counting

relay::Attempt request_for(const Entry& entry, const Destinations::Start& start, const MessageCopy& copy) {
  const Envelope& envelope = entry.item.envelope();
  const Delivery& first = entry.item.delivery(start.unit.recipients.front());
  const bool is_original = first.variant == 0;
  relay::Attempt request;
  request.queue_id = entry.item.id();
  const auto colon = start.destination.find(':');
  const bool by_mx = start.destination.starts_with("mx:");
  (by_mx ? request.domain : request.route) = start.destination.substr(colon + 1);
  if (!by_mx) request.domain = delivery::domain_of(first.to.address);
  request.sender = entry.item.sender_of(start.unit.recipients.front());
  request.size = copy.size;
  request.skip = copy.skip;
  if (is_original) request.envelope_id = envelope.envelope_id;
  if (is_original) request.ret = envelope.ret;
  request.smtputf8 = envelope.smtputf8;
  request.eight_bit = envelope.eight_bit;
  for (const Index index : start.unit.recipients) {
    const Delivery& d = entry.item.delivery(index);
    const auto renamed = entry.address_at_host.find(index);
    relay::AttemptRecipient to;
    to.address = renamed == entry.address_at_host.end() ? d.to.address : renamed->second;
    to.original = d.to.original;
    to.notify = d.to.notify;
    request.recipients.push_back(std::move(to));
  }
  return request;
}

}  // namespace

Task<void> Runner::run_unit(Destinations::Start start) {
  const EntryRef entry = services_.ledger.find(start.unit.queue_id);
  const std::string destination = start.destination;
  Destinations::Verdict verdict = Destinations::Verdict::unknown;
  std::vector<Record> records;
  std::vector<Index> recipients = start.unit.recipients;
  if (entry) {
    std::erase_if(start.unit.recipients, [&](Index i) { return entry->item.delivery(i).state != State::open; });
    if (!start.unit.recipients.empty() && !stopping_) {
      verdict = co_await attempt(entry, std::move(start), records);
    }
  }
  const Time now = services_.clock.monotonic();
  destinations_.finished(destination, verdict, now);
  if (verdict == Destinations::Verdict::unreachable) {
    const Time until = destinations_.retry_at(destination);
    log::event(log::Level::warning, "queue.destination.dead", {{"destination", destination}});
    for (const Unit& unit : destinations_.take_waiting(destination)) {
      const EntryRef other = services_.ledger.find(unit.queue_id);
      if (!other) continue;
      release(*other, unit, until);
      if (!other->being_worked_on) schedule(other);
    }
  }
  if (entry) {
    co_await end_unit(entry, std::move(recipients), std::move(records));
  }
  wake_.set();
}

Task<void> Runner::end_unit(EntryRef entry, std::vector<Index> recipients, std::vector<Record> records) {
  [[maybe_unused]] const int frame = 0;
  if (!records.empty()) {
    const auto recorded = co_await services_.ledger.record(entry, std::move(records), true);
    static_cast<void>(recorded);  // repaired before the message moves on
  }
  for (const Index index : recipients) entry->busy.erase(index);
  // Even with nothing due: there may be something to tell, or nothing left to do.
  if (!entry->being_worked_on) calendar_.put(entry->item.id(), services_.clock.monotonic());
}

Task<Destinations::Verdict> Runner::attempt(EntryRef entry, Destinations::Start start, std::vector<Record>& records) {
  const std::vector<Index> recipients = start.unit.recipients;
  const std::uint64_t size = entry->item.envelope().message_bytes;
  const auto delay_all = [&](const std::string& why) {
    const Time until = services_.clock.monotonic() + relay_pause;
    for (const Index index : recipients) entry->due[index] = until;
    log::event(log::Level::warning, "queue.relay.unavailable", {{"queue_id", entry->item.id()}, {"error", why}});
  };
  auto opened = co_await services_.ledger.open_message(entry);
  if (!opened) {
    delay_all(opened.error().detail);
    co_return Destinations::Verdict::unknown;
  }
  auto shared = std::make_shared<UniqueFd>(std::move(*opened));
  std::optional<Variant> form;
  if (const Variant* const wanted = entry->item.variant(entry->item.delivery(recipients[0]).variant)) form = *wanted;
  auto job = [this, shared, size, form] {
    return message_for(services_.disk, services_.spool, std::move(*shared), size, form ? &*form : nullptr);
  };
  auto copy = co_await services_.pool.run(std::move(job));
  if (!copy) {
    delay_all(copy.error().detail);
    co_return Destinations::Verdict::unknown;
  }
  Tried tried;
  tried.wall_us = microseconds(services_.clock.wall());
  tried.age_seconds = static_cast<std::uint64_t>(entry->age(services_.clock.monotonic()).count());
  tried.recipients = recipients;
  std::vector<Record> before;
  before.push_back(std::move(tried));
  const auto recorded = co_await services_.ledger.record(entry, std::move(before), false);
  static_cast<void>(recorded);
  const relay::Attempt request = request_for(*entry, start, *copy);
  std::vector<UniqueFd> descriptors;
  descriptors.push_back(std::move(copy->file));
  const Deadline deadline = Deadline::after(attempt_patience);
  auto answer = co_await services_.relay.call_with(request, std::move(descriptors), deadline);
  if (!answer || answer->value.results.size() != recipients.size()) {
    delay_all(answer ? "malformed answer of relayd" : answer.error().detail);
    co_return Destinations::Verdict::unknown;
  }
  const std::uint64_t wall_us = microseconds(services_.clock.wall());
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const relay::RecipientResult& result = answer->value.results[i];
    log::event(log::Level::info, "queue.relay.answered",
               {{"queue_id", entry->item.id()}, {"to", entry->item.delivery(recipients[i]).to.address},
                {"outcome", unsigned{result.outcome}}, {"host", result.remote_host}, {"reply", result.reply}});
    if (result.outcome == relay::outcome::delivered) {
      records.push_back(Delivered{recipients[i], wall_us, !result.dsn_passed_on, result.remote_host, result.status,
                                  result.reply});
    } else if (result.outcome == relay::outcome::permanent) {
      records.push_back(Failed{recipients[i], wall_us, result.remote_host, result.status, result.reply});
    } else {
      Setback setback{result.status, result.reply, result.remote_host, false, false};
      records.push_back(put_off(*entry, recipients[i], std::move(setback)));
    }
  }
  co_return answer->value.unreachable ? Destinations::Verdict::unreachable : Destinations::Verdict::spoke;
}

}  // namespace mailtree::queue
