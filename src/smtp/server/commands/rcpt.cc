// SPDX-License-Identifier: Apache-2.0
// RCPT (RFC 5321 4.1.1.3). Everything that can be known of a recipient is said here, not after the data.
#include "config/settings.h"
#include "log/log.h"
#include "smtp/server/commands/commands.h"
#include "smtp/server/policy/relay.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {
namespace {

constexpr std::size_t max_unknown_recipients = 100;  // of one transaction: beyond it somebody guesses addresses

void log_refusal(const Session& session, const Address& address, const Reply& reply) {
  log::event(log::Level::info, reply.temporary() ? "smtp.rcpt.deferred" : "smtp.rcpt.refused",
             {{"session", session.id()},
              {"client", session.peer().host},
              {"from", session.transaction->sender.print()},
              {"to", address.print()},
              {"reply", reply.one_line()}});
}

}  // namespace

Task<Reply> rcpt(Session& session, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (!session.transaction) co_return replies::bad_sequence("Say MAIL first");
  Transaction& transaction = *session.transaction;
  if (transaction.intake) co_return replies::bad_sequence("The message has begun already");
  Offered offered = session.offered();
  offered.smtputf8 = transaction.parameters.smtputf8;
  Parsed<RcptCommand> parsed = parse_rcpt(argument, offered);
  if (const Reply* refusal = std::get_if<Reply>(&parsed)) co_return *refusal;
  const config::Smtp& settings = session.services().settings.smtp;
  const auto most = is_submission(session.role()) ? settings.max_submission_recipients : settings.max_recipients;
  if (transaction.recipients.size() >= most) co_return Reply{452, "4.5.3", "Too many recipients"};
  RcptCommand& command = std::get<RcptCommand>(parsed);
  Recipient recipient;
  recipient.address = std::move(*command.path.address);
  recipient.parameters = std::move(command.parameters);
  const Reply reply = co_await policy::judge_recipient(session, recipient);
  if (reply.positive()) {
    transaction.recipients.push_back(std::move(recipient));
    co_return reply;
  }
  log_refusal(session, recipient.address, reply);
  ++transaction.refused_recipients;
  if (transaction.refused_recipients >= max_unknown_recipients && transaction.recipients.empty()) {
    session.close();
    co_return Reply{421, "4.7.0", "Too many refused recipients, closing connection"};
  }
  co_return reply;
}

}  // namespace mailtree::smtp::commands
