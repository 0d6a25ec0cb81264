// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/reception.h"

#include <utility>

#include "base/encoding.h"
#include "config/settings.h"
#include "log/log.h"
#include "smtp/server/backends.h"
#include "smtp/server/handover.h"
#include "smtp/server/replies.h"
#include "smtp/server/routing.h"
#include "smtp/server/session.h"
#include "smtp/trace.h"

namespace mailtree::smtp {
namespace {

std::string trace_of(const Session& session) {
  const Transaction& transaction = *session.transaction;
  Arrival arrival;
  arrival.hello = session.hello;
  arrival.client_address = session.peer().host;
  arrival.host_name = session.services().host_name;
  if (session.peer().tls) arrival.tls = session.peer().tls_version + ' ' + session.peer().tls_cipher;
  arrival.protocol = protocol_word(session);
  arrival.id = transaction.id_text();
  if (transaction.recipients.size() == 1) arrival.for_address = transaction.recipients.front().address.print();
  arrival.time = session.services().clock.wall();
  return return_path_field(transaction.sender.print()) + received_field(arrival);
}

Intake::Rules rules_of(const Session& session) {
  const config::Smtp& settings = session.services().settings.smtp;
  Intake::Rules rules;
  rules.max_octets = settings.max_message_bytes;
  rules.max_header_octets = settings.max_header_bytes;
  rules.max_received_fields = settings.max_received_headers;
  rules.binary = session.transaction->parameters.body == Body::binary;
  if (is_submission(session.role())) {
    rules.additions.emplace();
    rules.additions->date = format_date(session.services().clock.wall());
    rules.additions->message_id = '<' + session.transaction->id_text() + '@' + session.services().host_name + '>';
  }
  return rules;
}

Reply reply_of(const Error& error) {
  return error.condition == Condition::storage ? replies::no_space() : replies::temporary();
}

void log_refused(const Session& session, const Reply& reply) {
  const Transaction& transaction = *session.transaction;
  log::event(log::Level::info, reply.temporary() ? "smtp.message.deferred" : "smtp.message.refused",
             {{"session", session.id()},
              {"id", transaction.id_text()},
              {"client", session.peer().host},
              {"from", transaction.sender.print()},
              {"recipients", transaction.recipients.size()},
              {"reply", reply.one_line()}});
}

void log_accepted(const Session& session, std::string_view way) {
  const Transaction& transaction = *session.transaction;
  log::event(log::Level::info, "smtp.message.accepted",
             {{"session", session.id()},
              {"id", transaction.id_text()},
              {"client", session.peer().host},
              {"protocol", protocol_word(session)},
              {"user", session.user ? session.user->name() : std::string()},
              {"from", transaction.sender.print()},
              {"recipients", transaction.recipients.size()},
              {"size", transaction.intake->size()},
              {"way", way}});
}

// One reply stands for all recipients (RFC 5321 4.2.5): hand_over() has seen to it that they agree.
Reply one_for_all(const std::vector<Reply>& all) {
  for (const Reply& reply : all) {
    if (reply.positive()) return reply;
  }
  for (const Reply& reply : all) {
    if (reply.temporary()) return reply;
  }
  return all.front();
}

}  // namespace

std::string_view protocol_word(const Session& session) {
  Session3848 facts;
  facts.extended = session.extended;
  facts.lmtp = session.role() == Role::lmtp;
  facts.tls = session.peer().tls;
  facts.authenticated = session.user.has_value();
  return with_word(facts);
}

std::string Transaction::id_text() const {
  return hex_encode({reinterpret_cast<const char*>(id.data()), id.size()});
}

std::optional<Reply> check_ready(const Session& session) {
  if (!session.transaction) return replies::bad_sequence("Say MAIL first");
  const Transaction& transaction = *session.transaction;
  if (!transaction.recipients.empty()) return std::nullopt;
  if (transaction.refused_recipients > 0) return Reply{554, "5.5.1", "No valid recipients"};
  return replies::bad_sequence("Say RCPT first");
}

Task<Parsed<std::unique_ptr<Intake>>> begin_message(Session& session) {
  const Transaction& transaction = *session.transaction;
  Backends& backends = session.services().backends;
  const auto direct = direct_delivery(session.services().settings, transaction);
  const std::uint64_t size = transaction.parameters.size;
  Result<UniqueFd> file = Error{};
  if (direct) {
    file = co_await backends.new_store_file(direct->partition, size);
  } else {
    file = co_await backends.new_queue_file(size);
  }
  if (!file) {
    const Reply reply = reply_of(file.error());
    log::event(log::Level::warning, direct ? "smtp.store.unavailable" : "smtp.queue.unavailable",
               {{"session", session.id()}, {"error", file.error().detail}});
    log_refused(session, reply);
    co_return reply;
  }
  co_return std::make_unique<Intake>(std::move(*file), trace_of(session), rules_of(session));
}

Task<Reply> conclude_message(Session& session) {
  Transaction& transaction = *session.transaction;
  std::vector<Reply> all;
  std::optional<Reply> refusal = transaction.intake->finish();
  if (refusal) {
    all.assign(transaction.recipients.size(), *refusal);
  } else {
    const auto direct = direct_delivery(session.services().settings, transaction);
    const DirectDelivery* const way = direct ? &*direct : nullptr;
    all = co_await hand_over(session, way);
    if (one_for_all(all).positive()) log_accepted(session, direct ? "store" : "queue");
  }
  const Reply summary = one_for_all(all);
  if (!summary.positive()) log_refused(session, summary);
  session.reset();
  if (session.role() != Role::lmtp) co_return summary;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) session.queue(all[i]);
  co_return all.back();
}

}  // namespace mailtree::smtp
