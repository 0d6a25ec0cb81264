// SPDX-License-Identifier: Apache-2.0
// Requests to queued. See server.h.
#include "queue/daemon/server.h"

#include <algorithm>

#include "config/settings.h"
#include "log/log.h"
#include "queue/daemon/ledger.h"
#include "queue/daemon/runner.h"
#include "queue/daemon/services.h"

namespace mailtree::queue {
namespace {

using loop::Deadline;
using loop::Task;

constexpr std::size_t pool_threads = 8;  // syncs of several messages share the journal commits of the file system
constexpr std::uint32_t max_page = 1000;
constexpr std::chrono::seconds last_patience{5};
constexpr std::chrono::milliseconds channels_end{50};  // the receivers of closed channels end within a turn of the loop

QueuedRecipient row_of(const Entry& entry, Index index, std::uint64_t wall_us, Clock::Monotonic now) {
  const Delivery& d = entry.item.delivery(index);
  QueuedRecipient row;
  row.address = d.to.address;
  row.state = entry.item.held() ? "held" : entry.busy.count(index) != 0 ? "running" : "waiting";
  row.attempts = static_cast<std::uint32_t>(d.attempts);
  row.last_reply = d.reply;
  const auto due = entry.due.find(index);
  row.next_attempt_us = wall_us;
  if (due != entry.due.end() && due->second > now) {
    row.next_attempt_us += static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(due->second - now).count());
  }
  return row;
}

}  // namespace

struct Server::Clients {
  Clients(loop::Loop& loop, const config::Settings& settings)
      : directory(loop, settings.socket("ldapauth")), relay(loop, settings.socket("relayd")) {}
  net::RpcClient directory;
  net::RpcClient relay;
};

Result<std::unique_ptr<Server>> Server::create(loop::Loop& loop, const config::Settings& settings, loop::Disk& disk,
                                               const Clock& clock) {
  auto spool = Spool::open(disk, settings.queue.directory);
  if (!spool) return spool.error();
  return std::unique_ptr<Server>(new Server(loop, settings, disk, clock, std::move(*spool)));
}

Server::Server(loop::Loop& loop, const config::Settings& settings, loop::Disk& disk, const Clock& clock,
               std::unique_ptr<Spool> spool)
    : loop_(loop), settings_(settings), clock_(clock), spool_(std::move(spool)), pool_(loop, pool_threads), rpc_(loop),
      tasks_(loop) {
  for (const config::Partition& partition : settings.partitions) {
    stores_[partition.name] = std::make_unique<net::RpcClient>(loop, settings.socket("stored-" + partition.name));
  }
  clients_ = std::make_unique<Clients>(loop, settings);
  ledger_ = std::make_unique<Ledger>(loop, pool_, *spool_, clock);
  services_.reset(new Services{loop, pool_, disk, *spool_, *ledger_, clock, settings, clients_->directory,
                               clients_->relay, stores_});
  runner_ = std::make_unique<Runner>(*services_);
  register_handlers();
}

Server::~Server() = default;

void Server::register_handlers() {
  rpc_.on_with_descriptors<NewMessageFile>([this](auto request) { return new_message_file(std::move(request)); });
  rpc_.on<Submit>([this](auto request) { return submit(std::move(request)); });
  rpc_.on<QueueList>([this](auto request) { return list(std::move(request)); });
  rpc_.on<QueueFlush>([this](auto request) { return flush(std::move(request)); });
  rpc_.on<QueueHold>([this](auto request) { return hold(std::move(request)); });
  rpc_.on<QueueRemove>([this](auto request) { return remove(std::move(request)); });
}

void Server::serve(UniqueFd listening) {
  tasks_.spawn(runner_->run());
  tasks_.spawn(load_all());
  rpc_.serve(std::move(listening));
}

// In the background: mail is taken meanwhile, and what was read is worked on at once.
Task<void> Server::load_all() {
  const auto begun = clock_.monotonic();
  co_await load_rest();
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.monotonic() - begun);
  log::event(log::Level::info, "queue.loaded", {{"messages", ledger_->unfinished()}, {"milliseconds", spent.count()}});
}

Task<void> Server::load_rest() {
  unsigned bucket = 0;
  for (; bucket < bucket_count && !loaded_ && !stopping_; ++bucket) {
    const std::vector<EntryRef> loaded = co_await ledger_->load(bucket);
    for (const EntryRef& entry : loaded) runner_->take_up(entry);
  }
  loaded_ = loaded_ || bucket == bucket_count;
}

Task<void> Server::stop(Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  stopping_ = true;
  co_await rpc_.stop(deadline);
  co_await runner_->stop(deadline);
  disconnect();
  co_await runner_->stop(Deadline::after(last_patience));
  const auto ended = co_await tasks_.wait(Deadline::after(last_patience));
  static_cast<void>(ended);
  disconnect();  // what reconnected meanwhile
  co_await loop::sleep(loop_, channels_end);
}

void Server::disconnect() {
  clients_->directory.disconnect();
  clients_->relay.disconnect();
  for (auto& [name, client] : stores_) client->disconnect();
}

Task<Result<net::WithDescriptors<MessageFile>>> Server::new_message_file(net::RpcRequest<NewMessageFile> request) {
  net::WithDescriptors<MessageFile> answer;
  answer.value.limit = settings_.smtp.max_message_bytes;
  if (request.message.size > answer.value.limit) {
    co_return Error::permanent(Condition::too_big, "Message is too big", "announced size over the limit");
  }
  auto job = [this] { return spool_->new_message_file(); };
  auto file = co_await pool_.run(std::move(job));
  if (!file) co_return file.error();
  answer.descriptors.push_back(std::move(*file));
  co_return std::move(answer);
}

Result<void> Server::check(const Submit& request) const {
  if (request.recipients.empty()) return Error::permanent(Condition::syntax, "No recipients");
  if (request.recipients.size() > max_recipients) return Error::permanent(Condition::limit, "Too many recipients");
  const auto is_bad = [](const Recipient& to) { return to.address.empty() || to.notify > 15; };
  if (std::any_of(request.recipients.begin(), request.recipients.end(), is_bad)) {
    return Error::permanent(Condition::syntax, "Malformed recipient");
  }
  const bool good_hash = request.sha256.empty() || request.sha256.size() == 32;
  if (!good_hash) return Error::permanent(Condition::syntax, "Malformed hash");
  if (ledger_->unfinished() >= settings_.queue.max_messages) {
    return Error::temporary(Condition::limit, "the queue holds queue.max_messages messages");
  }
  return {};
}

Task<Result<Submitted>> Server::submit(net::RpcRequest<Submit> request) {
  Submitted answer;
  Submit& message = request.message;
  answer.queue_id = queue_id_of(message.transaction);
  // It may have been accepted before a restart.
  const std::vector<EntryRef> loaded = co_await ledger_->load(Spool::bucket_of(answer.queue_id));
  for (const EntryRef& entry : loaded) runner_->take_up(entry);
  if (ledger_->knows(answer.queue_id)) {
    answer.known_before = true;
    co_return answer;
  }
  const auto acceptable = check(message);
  if (!acceptable) co_return acceptable.error();
  if (request.descriptors.size() != 1) co_return Error::temporary(Condition::syntax, "no message came with Submit");
  Envelope envelope;
  envelope.queue_id = answer.queue_id;
  envelope.sender = std::move(message.sender);
  envelope.recipients = std::move(message.recipients);
  envelope.message_bytes = message.size;
  envelope.message_sha256 = std::move(message.sha256);
  envelope.envelope_id = std::move(message.envelope_id);
  envelope.ret = std::min<std::uint8_t>(message.ret, ret::headers);
  envelope.smtputf8 = message.smtputf8;
  envelope.eight_bit = message.eight_bit;
  envelope.internal_origin = message.internal_origin;
  envelope.origin = std::move(message.origin);
  const auto accepted = co_await ledger_->accept(std::move(envelope), request.descriptors.front().get());
  if (!accepted) {
    log::event(log::Level::error, "queue.message.refused",
               {{"queue_id", answer.queue_id}, {"error", accepted.error().detail}});
    co_return accepted.error();
  }
  const Item& item = (*accepted)->item;
  log::event(log::Level::info, "queue.message.accepted",
             {{"queue_id", item.id()}, {"from", item.envelope().sender}, {"recipients", item.deliveries().size()},
              {"bytes", item.envelope().message_bytes}, {"client", item.envelope().origin.client_address}});
  runner_->take_up(*accepted);
  co_return answer;
}

Task<Result<QueuePage>> Server::list(net::RpcRequest<QueueList> request) {
  QueuePage page;
  const QueueList& wanted = request.message;
  const std::size_t limit = std::clamp<std::uint32_t>(wanted.limit, 1, max_page);
  const std::uint64_t wall_us = microseconds(clock_.wall());
  const Clock::Monotonic now = clock_.monotonic();
  co_await load_rest();
  page.total = ledger_->unfinished();
  const auto& entries = ledger_->entries();
  for (auto at = entries.upper_bound(wanted.after); at != entries.end(); ++at) {
    const Entry& entry = *at->second;
    QueuedMessage message;
    for (const Index index : entry.item.open()) {
      const std::string domain = delivery::domain_of(entry.item.delivery(index).to.address);
      if (!wanted.domain.empty() && domain != wanted.domain) continue;
      message.recipients.push_back(row_of(entry, index, wall_us, now));
    }
    if (!wanted.domain.empty() && message.recipients.empty()) continue;
    if (page.messages.size() >= limit) {
      page.more = true;
      break;
    }
    message.queue_id = entry.item.id();
    message.sender = entry.item.envelope().sender;
    message.size = entry.item.envelope().message_bytes;
    message.queued_at_us = entry.item.envelope().queued_at_us;
    message.held = entry.item.held();
    page.messages.push_back(std::move(message));
  }
  co_return page;
}

Task<Result<QueueDone>> Server::flush(net::RpcRequest<QueueFlush> request) {
  QueueDone done;
  const QueueFlush& wanted = request.message;
  co_await load_rest();
  if (wanted.queue_id.empty()) runner_->forget_dead(wanted.domain);
  for (const auto& [id, entry] : ledger_->entries()) {
    const bool meant = wanted.queue_id.empty() || id == wanted.queue_id;
    if (meant && runner_->flush(entry, wanted.domain)) ++done.affected;
  }
  co_return done;
}

Task<Result<QueueDone>> Server::hold(net::RpcRequest<QueueHold> request) {
  QueueDone done;
  co_await load_rest();
  const EntryRef entry = ledger_->find(request.message.queue_id);
  if (!entry || entry->item.held() == request.message.held) co_return done;
  std::vector<Record> records;
  records.push_back(Held{request.message.held, request.message.held ? "by the operator" : ""});
  const auto recorded = co_await ledger_->record(entry, std::move(records), true);
  if (!recorded) co_return recorded.error();
  entry->suspicion = 0;
  if (!entry->being_worked_on) runner_->take_up(entry);
  done.affected = 1;
  co_return done;
}

Task<Result<QueueDone>> Server::remove(net::RpcRequest<QueueRemove> request) {
  QueueDone done;
  co_await load_rest();
  const EntryRef entry = ledger_->find(request.message.queue_id);
  if (!entry) co_return done;
  if (entry->being_worked_on || !entry->busy.empty()) {
    co_return Error::temporary(Condition::unavailable, "the message is being delivered just now");
  }
  const std::uint64_t wall_us = microseconds(clock_.wall());
  std::vector<Record> records;
  Notice untold;
  untold.number = entry->item.next_notice();
  untold.wall_us = wall_us;
  for (const Index index : entry->item.open()) {
    records.push_back(Failed{index, wall_us, "", "5.7.0", "Removed from the queue by the operator"});
    untold.recipients.push_back(index);
  }
  if (!request.message.notify_sender && !untold.recipients.empty()) {  // counts as told
    records.push_back(untold);
    records.push_back(Noticed{untold.number});
  }
  if (entry->item.held()) records.push_back(Held{false, ""});
  const auto recorded = co_await ledger_->record(entry, std::move(records), true);
  if (!recorded) co_return recorded.error();
  log::event(log::Level::warning, "queue.message.removed", {{"queue_id", entry->item.id()}});
  runner_->take_up(entry);
  done.affected = 1;
  co_return done;
}

}  // namespace mailtree::queue
