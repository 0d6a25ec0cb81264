// SPDX-License-Identifier: Apache-2.0
// MAIL (RFC 5321 4.1.1.2, RFC 1870, RFC 6409 6.1).
#include <algorithm>

#include "config/settings.h"
#include "net/digest.h"
#include "smtp/server/commands/commands.h"
#include "smtp/server/policy/login.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {

Task<Reply> mail(Session& session, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (is_submission(session.role()) && !session.user) {
    if (!session.may_send_password()) co_return Reply{530, "5.7.0", "Issue STARTTLS first, then authenticate"};
    co_return replies::login_needed();
  }
  if (session.transaction) co_return replies::bad_sequence("A transaction is open already");
  Parsed<MailCommand> parsed = parse_mail(argument, session.offered());
  if (const Reply* refusal = std::get_if<Reply>(&parsed)) co_return *refusal;
  MailCommand& command = std::get<MailCommand>(parsed);
  if (command.parameters.size > session.services().settings.smtp.max_message_bytes) co_return replies::too_big();
  // The null sender is let through: notifications of mail programs have it (RFC 8098 section 3).
  if (session.user && command.path.address && !policy::owns_address(*session.user, *command.path.address))
    co_return Reply{553, "5.7.1", "Sender address is not yours"};
  Transaction& transaction = session.transaction.emplace();
  const std::string id = net::random_octets(transaction.id.size());
  std::copy(id.begin(), id.end(), transaction.id.begin());
  transaction.sender = std::move(command.path);
  transaction.parameters = std::move(command.parameters);
  co_return Reply{250, "2.1.0", "Sender ok"};
}

}  // namespace mailtree::smtp::commands
