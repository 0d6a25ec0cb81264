// SPDX-License-Identifier: Apache-2.0
// EHLO, HELO (RFC 5321 4.1.1.1) and LHLO (RFC 2033 4.1). Listed is only what this client may use now.
#include "config/settings.h"
#include "smtp/server/backends.h"
#include "smtp/server/commands/commands.h"
#include "smtp/server/policy/login.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {
namespace {

// A client that pipelines behind its first hello cannot know what we offer: it is not speaking to us (RFC 2920 3.1).
bool is_out_of_turn(Session& session) {
  return session.hello.empty() && session.has_unread();
}

Reply out_of_turn(Session& session) {
  session.close();
  return {554, "5.5.0", "You spoke before the reply to your hello"};
}

std::string greeting_line(const Session& session) {
  return session.services().host_name + " greets " + session.peer().host;
}

}  // namespace

Task<Reply> helo(Session& session, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (!is_hello_name(argument)) co_return replies::syntax("Syntax: HELO name");
  if (is_out_of_turn(session)) co_return out_of_turn(session);
  session.reset();
  session.hello = std::move(argument);
  session.extended = false;
  co_return Reply{250, "", greeting_line(session)};
}

Task<Reply> ehlo(Session& session, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (!is_hello_name(argument)) co_return replies::syntax("Syntax: EHLO name");
  if (is_out_of_turn(session)) co_return out_of_turn(session);
  session.reset();
  session.hello = std::move(argument);
  session.extended = true;
  std::string text = greeting_line(session);
  text += "\nPIPELINING\nSIZE " + std::to_string(session.services().settings.smtp.max_message_bytes);
  text += "\n8BITMIME\nENHANCEDSTATUSCODES\nCHUNKING\nBINARYMIME\nDSN";
  if (session.can_start_tls()) text += "\nSTARTTLS";
  if (policy::may_log_in(session)) {
    ldapauth::PeerFacts facts = policy::facts_of(session);
    auto reply = co_await session.services().backends.sasl_mechanisms(std::move(facts));
    if (session.channel_binding().type.empty())
      std::erase_if(reply.mechanisms, [](const std::string& name) { return name.ends_with("-PLUS"); });
    if (!reply.mechanisms.empty()) text += "\nAUTH";
    for (const std::string& mechanism : reply.mechanisms) text += ' ' + mechanism;
  }
  co_return Reply{250, "", std::move(text)};
}

}  // namespace mailtree::smtp::commands
