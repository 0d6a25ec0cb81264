// SPDX-License-Identifier: Apache-2.0
// The course of one message: what is due is resolved, delivered or handed on, recorded, and concluded.
#include "queue/daemon/runner.h"

#include <algorithm>
#include <cstring>

#include "config/settings.h"
#include "ldapauth/messages.h"
#include "log/log.h"
#include "net/digest.h"
#include "net/rpc.h"

namespace mailtree::queue {
namespace {

using loop::Task;

constexpr std::chrono::seconds repair_pause{10};
constexpr std::chrono::seconds own_pause{1};  // doubles up to the first pause for others
constexpr std::chrono::seconds directory_patience{10};  // ldapauthd itself gives up after 5 s
constexpr std::uint32_t most_broken_tries = 3;  // R07

std::uint32_t random32() {
  std::uint32_t value = 0;
  const std::string octets = net::random_octets(sizeof value);
  std::memcpy(&value, octets.data(), sizeof value);
  return value;
}

// A pause that is lost in a power cut costs an early attempt; anything else must not be lost.
bool is_final(const Record& record) { return !std::holds_alternative<Deferred>(record); }

DestinationLimits limits_of(const config::Settings& settings) {
  DestinationLimits limits;
  limits.most = settings.relay.max_connections_per_destination;
  const std::chrono::seconds first(settings.queue.retry_first_seconds);
  const std::chrono::seconds most(settings.queue.retry_max_seconds);
  limits.dead_first = std::min(limits.dead_first, first);
  limits.dead_most = std::min(limits.dead_most, most);
  return limits;
}

}  // namespace

struct Remote {
  Index recipient = 0;
  std::string destination;
};

struct Runner::Round {
  bool directory_down = false;
  bool stuck = false;  // something could not be written: later
  std::vector<LocalTarget> local;
  std::vector<Remote> remote;
  std::vector<Record> outcomes;
  std::vector<Record> expansion;  // of the recipient just resolved
};

Runner::Runner(Services& services)
    : services_(services), notifier_(services), lifetime_(services.settings.queue.lifetime_seconds),
      destinations_(limits_of(services.settings)), tasks_(services.loop), wake_(services.loop),
      suspects_(services.loop) {
  expansion_.results = services.settings.queue.expansion_max_results;
  expansion_.depth = static_cast<std::uint32_t>(services.settings.queue.expansion_max_depth);
  backoff_.first = std::chrono::seconds(services.settings.queue.retry_first_seconds);
  backoff_.most = std::chrono::seconds(services.settings.queue.retry_max_seconds);
}

Runner::~Runner() = default;

std::vector<Index> Runner::due_recipients(const Entry& entry, Time now) const {
  std::vector<Index> due;
  for (const Index index : entry.item.open()) {
    const auto found = entry.due.find(index);
    if (entry.busy.count(index) == 0 && (found == entry.due.end() || found->second <= now)) due.push_back(index);
  }
  return due;
}

void Runner::schedule(const EntryRef& entry) {
  const Time now = services_.clock.monotonic();
  const std::string& id = entry->item.id();
  if (entry->item.finished()) return tombstones_.put(id, now + repeat_window);
  if (entry->item.held()) return calendar_.remove(id);
  if (entry->needs_rewrite) return calendar_.put(id, now + repair_pause);
  std::optional<Time> next;
  for (const Index index : entry->item.open()) {
    if (entry->busy.count(index) != 0) continue;
    const auto found = entry->due.find(index);
    const Time due = found == entry->due.end() ? now : found->second;
    next = next ? std::min(*next, due) : due;
  }
  // Done but not concluded: something could not be written or told.
  if (!next && entry->busy.empty()) next = now + repair_pause;
  if (next) calendar_.put(id, *next);
}

void Runner::take_up(const EntryRef& entry) {
  schedule(entry);
  // Nothing open, but not finished: what is left is to tell and to remove.
  if (!entry->item.finished() && entry->item.all_done()) calendar_.put(entry->item.id(), services_.clock.monotonic());
  wake_.set();
}

bool Runner::flush(const EntryRef& entry, const std::string& domain) {
  bool any = false;
  for (const Index index : entry->item.open()) {
    if (!domain.empty() && delivery::domain_of(entry->item.delivery(index).to.address) != domain) continue;
    entry->due.erase(index);
    any = true;
  }
  if (any && !entry->being_worked_on) take_up(entry);
  return any;
}

void Runner::forget_dead(const std::string& domain) {
  if (domain.empty()) return destinations_.forget_all();
  destinations_.forget("mx:" + domain);
}

Task<void> Runner::run() {
  const loop::Deadline never = loop::Deadline::never();
  while (!stopping_) {
    start_due();
    const auto next = calendar_.first();
    const auto next_tombstone = tombstones_.first();
    loop::Deadline until = next && working_ < max_messages_at_once ? loop::Deadline::at(*next) : never;
    if (next_tombstone) until = until.earlier(loop::Deadline::at(*next_tombstone));
    const auto woken = co_await wake_.wait(until);
    static_cast<void>(woken);
  }
}

void Runner::start_due() {
  const Time now = services_.clock.monotonic();
  while (working_ < max_messages_at_once) {
    const auto id = calendar_.take_due(now);
    if (!id) break;
    const EntryRef entry = services_.ledger.find(*id);
    if (entry && !entry->being_worked_on) tasks_.spawn(process(entry));
  }
  while (auto start = destinations_.next()) tasks_.spawn(run_unit(std::move(*start)));
  while (const auto id = tombstones_.take_due(now)) tasks_.spawn(services_.ledger.forget(*id));
}

Task<void> Runner::process(EntryRef entry) {
  const bool is_suspect = entry->suspicion > 0;
  entry->being_worked_on = true;
  if (is_suspect) {
    co_await suspects_.enter();
  }
  ++working_;
  co_await work(entry);
  co_await conclude(entry);
  if (is_suspect) {
    entry->suspicion = 0;
    suspects_.leave();
  }
  entry->being_worked_on = false;
  --working_;
  if (services_.ledger.find(entry->item.id()) == entry) schedule(entry);
  wake_.set();
}

Task<void> Runner::work(EntryRef entry) {
  const auto repaired = co_await services_.ledger.repair(entry);
  if (!repaired || entry->item.held()) co_return;
  if (entry->suspicion >= most_broken_tries) {
    std::vector<Record> hold;
    hold.push_back(Held{true, "three attempts ended the process"});
    const auto held = co_await services_.ledger.record(entry, std::move(hold), true);
    log::event(log::Level::alarm, "queue.message.held",
               {{"queue_id", entry->item.id()}, {"written", held.has_value()}});
    co_return;
  }
  const auto message = co_await services_.ledger.open_message(entry);
  if (!message && message.error().condition == Condition::damaged && !entry->item.all_done()) {
    co_await services_.ledger.set_aside(entry);
    co_return;
  }
  for (;;) {
    if (stopping_ || entry->item.held()) co_return;
    const std::vector<Index> due = due_recipients(*entry, services_.clock.monotonic());
    if (due.empty()) co_return;
    Round round;
    for (const Index index : due) {
      co_await resolve(entry, index, round);
      if (round.stuck) co_return;
    }
    co_await deliver_round(entry, round);
    hand_to_destinations(entry, round);
    const bool final = std::any_of(round.outcomes.begin(), round.outcomes.end(), is_final);
    const auto recorded = co_await services_.ledger.record(entry, std::move(round.outcomes), final);
    if (!recorded) co_return;
  }
}

Task<void> Runner::resolve(EntryRef entry, Index index, Round& round) {
  ldapauth::RecipientAnswer answer;
  ldapauth::ResolveRecipient request;
  const Envelope& envelope = entry->item.envelope();
  request.address = entry->item.delivery(index).to.address;
  request.sender = entry->item.sender_of(index);
  request.authenticated_as = envelope.origin.authenticated_as;
  request.message_bytes = static_cast<std::int64_t>(envelope.message_bytes);
  if (!round.directory_down) {
    // No answer is the answer "unavailable": the default.
    auto reply = co_await services_.directory.call(request, loop::Deadline::after(directory_patience));
    if (reply) answer = std::move(reply->answer);
  }
  round.directory_down = answer.outcome == ldapauth::Outcome::unavailable;
  const std::uint64_t wall_us = microseconds(services_.clock.wall());
  delivery::Step step = delivery::next_step(entry->item, index, answer, expansion_, wall_us);
  take_step(*entry, index, std::move(step), round);
  if (round.expansion.empty()) co_return;
  // Who gets it must be on disk before the first of them has it, or a restart might choose differently.
  const auto recorded = co_await services_.ledger.record(entry, std::move(round.expansion), true);
  round.expansion.clear();
  round.stuck = !recorded;
}

void Runner::take_step(Entry& entry, Index index, delivery::Step step, Round& round) {
  const std::uint64_t wall_us = microseconds(services_.clock.wall());
  if (auto* const local = std::get_if<delivery::ToMailboxes>(&step)) {
    round.local.push_back(LocalTarget{index, std::move(local->mailboxes)});
  } else if (auto* const domain = std::get_if<delivery::ToDomain>(&step)) {
    entry.address_at_host.erase(index);
    round.remote.push_back(Remote{index, "mx:" + domain->domain});
  } else if (auto* const host = std::get_if<delivery::ToHost>(&step)) {
    entry.address_at_host[index] = host->address;
    round.remote.push_back(Remote{index, "host:" + host->host});
  } else if (auto* const wait = std::get_if<delivery::Wait>(&step)) {
    Setback setback{std::move(wait->status), std::move(wait->reply), "", wait->keep, wait->ours};
    round.outcomes.push_back(put_off(entry, index, std::move(setback)));
  } else if (auto* const refuse = std::get_if<delivery::Refuse>(&step)) {
    round.outcomes.push_back(Failed{index, wall_us, "", refuse->status, refuse->reply});
  } else if (auto* const done = std::get_if<delivery::Done>(&step)) {
    round.outcomes.push_back(Delivered{index, wall_us, false, "", "2.0.0", done->reply});
  } else if (auto* const expand = std::get_if<delivery::Expand>(&step)) {
    round.expansion = std::move(expand->records);
  }
}

Record Runner::put_off(Entry& entry, Index index, Setback setback) {
  const Time now = services_.clock.monotonic();
  const std::uint64_t wall_us = microseconds(services_.clock.wall());
  if (!setback.keep && entry.age(now) >= lifetime_) {
    return Failed{index, wall_us, std::move(setback.remote), "4.4.7", "Given up, too old. Last: " + setback.reply};
  }
  const std::uint64_t attempts = entry.item.delivery(index).attempts + 1;
  const Backoff soon{std::min(own_pause, backoff_.first), backoff_.first};
  const auto pause = pause_after(attempts, setback.ours ? soon : backoff_, random32());
  entry.due[index] = now + pause;
  Deferred record;
  record.recipient = index;
  record.attempts = attempts;
  record.wall_us = wall_us;
  record.next_us = wall_us + static_cast<std::uint64_t>(pause.count()) * 1000;
  record.keep = setback.keep;
  record.remote = std::move(setback.remote);
  record.status = std::move(setback.status);
  record.reply = std::move(setback.reply);
  return record;
}

Task<void> Runner::deliver_round(EntryRef entry, Round& round) {
  std::vector<LocalTarget> targets = std::move(round.local);
  if (targets.empty()) co_return;
  Tried tried;
  tried.wall_us = microseconds(services_.clock.wall());
  tried.age_seconds = static_cast<std::uint64_t>(entry->age(services_.clock.monotonic()).count());
  for (const LocalTarget& target : targets) tried.recipients.push_back(target.recipient);
  std::vector<Record> before;
  before.push_back(std::move(tried));
  const auto recorded = co_await services_.ledger.record(entry, std::move(before), false);
  static_cast<void>(recorded);  // costs at most the count of broken tries
  const auto outcomes = co_await deliver_locally(services_, entry, std::move(targets));
  const std::uint64_t wall_us = microseconds(services_.clock.wall());
  for (const LocalOutcome& outcome : outcomes) {
    switch (outcome.result) {
      case LocalOutcome::Result::delivered:
        round.outcomes.push_back(Delivered{outcome.recipient, wall_us, false, "", outcome.status, outcome.reply});
        break;
      case LocalOutcome::Result::permanent:
        round.outcomes.push_back(Failed{outcome.recipient, wall_us, "", outcome.status, outcome.reply});
        break;
      case LocalOutcome::Result::temporary:
        round.outcomes.push_back(
            put_off(*entry, outcome.recipient, Setback{outcome.status, outcome.reply, "", false, outcome.ours}));
        break;
    }
  }
}

// Recipients of one destination and one form of the message go in one attempt.
void Runner::hand_to_destinations(const EntryRef& entry, Round& round) {
  const Time now = services_.clock.monotonic();
  std::map<std::pair<std::string, Index>, std::vector<Index>> groups;
  for (const Remote& remote : round.remote) {
    groups[{remote.destination, entry->item.delivery(remote.recipient).variant}].push_back(remote.recipient);
  }
  for (const auto& [key, recipients] : groups) {
    for (std::size_t at = 0; at < recipients.size(); at += max_recipients_of_attempt) {
      const auto begin = recipients.begin() + static_cast<std::ptrdiff_t>(at);
      const auto count = std::min(max_recipients_of_attempt, recipients.size() - at);
      Unit unit{entry->item.id(), std::vector<Index>(begin, begin + static_cast<std::ptrdiff_t>(count))};
      const Unit copy = unit;
      if (destinations_.add(key.first, std::move(unit), now)) {
        entry->busy.insert(copy.recipients.begin(), copy.recipients.end());
        continue;
      }
      const Time until = destinations_.retry_at(key.first);
      if (entry->age(now) >= lifetime_) {
        const Setback dead{"4.4.1", "No host of the destination can be reached", "", false, false};
        for (const Index index : copy.recipients) round.outcomes.push_back(put_off(*entry, index, dead));
      } else {
        release(*entry, copy, until);
      }
    }
  }
  wake_.set();
}

// Back into the calendar without an attempt: the destination is known not to answer until then.
void Runner::release(Entry& entry, const Unit& unit, Time until) {
  for (const Index index : unit.recipients) {
    entry.busy.erase(index);
    entry.due[index] = until + std::chrono::milliseconds(random32() % 2000);
  }
}

Task<void> Runner::conclude(EntryRef entry) {
  bool all_told = false;
  if (services_.ledger.find(entry->item.id()) != entry || entry->item.held() || !entry->busy.empty()) co_return;
  std::vector<EntryRef> made = co_await notifier_.tell(entry, all_told);
  for (const EntryRef& notice : made) take_up(notice);
  if (!all_told) {
    calendar_.put(entry->item.id(), services_.clock.monotonic() + repair_pause);
    co_return;
  }
  if (!entry->item.all_done() || entry->item.held() || !entry->busy.empty()) co_return;
  const auto finished = co_await services_.ledger.finish(entry);
  if (finished) {
    schedule(entry);
    log::event(log::Level::info, "queue.message.finished", {{"queue_id", entry->item.id()}});
  } else {
    calendar_.put(entry->item.id(), services_.clock.monotonic() + repair_pause);
  }
}

Task<void> Runner::stop(loop::Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  stopping_ = true;
  wake_.set();
  const auto ended = co_await tasks_.wait(deadline);
  if (!ended) log::event(log::Level::warning, "queue.stop.late", {{"tasks", tasks_.size()}});
  std::vector<EntryRef> tried;
  for (const auto& [id, entry] : services_.ledger.entries()) {
    if (entry->item.broken_tries() > 0) tried.push_back(entry);
  }
  for (const EntryRef& entry : tried) {
    std::vector<Record> records;
    records.push_back(Held{entry->item.held(), entry->item.held_reason()});  // the try ended in an orderly way
    const auto recorded = co_await services_.ledger.record(entry, std::move(records), true);
    static_cast<void>(recorded);
  }
}

}  // namespace mailtree::queue
