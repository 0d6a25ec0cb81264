// SPDX-License-Identifier: Apache-2.0
// AUTH (RFC 4954). The mechanisms run in ldapauthd; here only lines and base64 pass by.
#include "base/encoding.h"
#include "log/log.h"
#include "smtp/limits.h"
#include "smtp/server/backends.h"
#include "smtp/server/commands/commands.h"
#include "smtp/server/policy/login.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {
namespace {

using ldapauth::SaslReply;
using ldapauth::SaslState;

constexpr int max_steps = 10;  // no mechanism needs more

// The client's answer to a challenge, or the reply that ends the exchange; nothing() if the client has gone.
Task<Parsed<std::string>> answer_to(Session& session, std::string challenge) {
  [[maybe_unused]] const int frame = 0;
  session.queue({334, "", base64_encode(challenge)});
  const auto sent = co_await session.flush();
  if (!sent) co_return replies::nothing();
  const auto line = co_await session.line(limits::authentication_line);
  if (!line && line.error().kind == Kind::protocol) co_return Reply{500, "5.5.6", "Authentication line too long"};
  if (!line) co_return replies::nothing();
  if (*line == "*") co_return Reply{501, "5.7.0", "Authentication cancelled"};
  std::optional<std::string> decoded = base64_decode(*line);
  if (!decoded) co_return Reply{501, "5.5.2", "Response is not base64"};
  co_return std::move(*decoded);
}

Reply refused(Session& session, const SaslReply& reply, const std::string& mechanism) {
  log::event(
      log::Level::info, "smtp.login.refused",
      {{"session", session.id()}, {"client", session.peer().host}, {"mechanism", mechanism}, {"error", reply.detail}});
  if (reply.state == SaslState::unavailable) return {454, "4.7.0", "Temporary authentication failure"};
  if (reply.state == SaslState::unknown_mechanism) return {504, "5.5.4", "Mechanism not available"};
  return {535, "5.7.8", "Authentication credentials invalid"};
}

Reply accepted(Session& session, SaslReply reply, const std::string& mechanism) {
  log::event(log::Level::info, "smtp.login.accepted",
             {{"session", session.id()},
              {"client", session.peer().host},
              {"mechanism", mechanism},
              {"user", reply.account.name()}});
  session.user = std::move(reply.account);
  return {235, "2.7.0", "Authentication successful"};
}

}  // namespace

Task<Reply> auth(Session& session, std::string argument) {
  Backends& backends = session.services().backends;
  if (!is_submission(session.role())) co_return Reply{502, "5.5.1", "AUTH is not available here"};
  if (session.user) co_return replies::bad_sequence("Signed in already");
  if (session.transaction) co_return replies::bad_sequence("Not during a mail transaction");
  if (!session.may_send_password()) co_return Reply{538, "5.7.11", "Encryption required: use STARTTLS first"};
  Parsed<AuthCommand> parsed = parse_auth(argument);
  if (const Reply* refusal = std::get_if<Reply>(&parsed)) co_return *refusal;
  AuthCommand& command = std::get<AuthCommand>(parsed);
  ldapauth::SaslStart start;
  start.peer = policy::facts_of(session);
  start.mechanism = command.mechanism;
  start.has_initial_response = command.initial_response.has_value();
  start.initial_response = command.initial_response.value_or(std::string());
  net::ChannelBinding binding = session.channel_binding();
  start.channel_binding_type = std::move(binding.type);
  start.channel_binding_data = std::move(binding.data);
  SaslReply reply = co_await backends.sasl_start(std::move(start));
  for (int step = 0; reply.state == SaslState::proceed; ++step) {
    Parsed<std::string> answer = co_await answer_to(session, reply.challenge);
    Reply* ended = std::get_if<Reply>(&answer);
    Reply too_long{535, "5.7.8", "Too many steps"};
    if (ended == nullptr && step >= max_steps) ended = &too_long;
    if (ended != nullptr) {
      const auto cancelled = co_await backends.sasl_cancel(reply.exchange);
      static_cast<void>(cancelled);
      co_return std::move(*ended);
    }
    reply = co_await backends.sasl_step(reply.exchange, std::move(std::get<std::string>(answer)));
  }
  if (reply.state != SaslState::ok) co_return refused(session, reply, command.mechanism);
  if (!reply.challenge.empty()) {  // RFC 4954 section 4: data with the success goes as a challenge, answered by nothing
    const Parsed<std::string> answer = co_await answer_to(session, reply.challenge);
    if (const Reply* ended = std::get_if<Reply>(&answer)) co_return *ended;
  }
  co_return accepted(session, std::move(reply), command.mechanism);
}

}  // namespace mailtree::smtp::commands
