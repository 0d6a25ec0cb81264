// SPDX-License-Identifier: Apache-2.0
// RFC 3501 6.2.2 with an initial response (RFC 4959).
#include "base/ascii.h"
#include "base/encoding.h"
#include "front/imap/command_table.h"
#include "front/sasl_dialogue.h"

namespace mailtree::front::imap {
Task<Answer> authenticate(Session& session, Decoder& arguments) {
  Connection& connection = session.connection();
  std::string_view mechanism;
  std::optional<std::string> initial;
  if (!connection.may_login()) co_return Answer("NO [PRIVACYREQUIRED] Use TLS before signing in");
  if (!arguments.space() || !arguments.atom(mechanism)) co_return Answer("BAD " + arguments.error().reply);
  if (arguments.skip(' ')) {
    initial = arguments.rest() == "=" ? std::string() : base64_decode(arguments.rest());  // RFC 4959 section 3
    if (!initial) co_return Answer("BAD Initial response is not base64");
  } else if (!arguments.end()) {
    co_return Answer("BAD " + arguments.error().reply);
  }
  std::string name = ascii::to_upper(mechanism);
  const bool has_initial = initial.has_value();
  ldapauth::SaslReply reply = co_await connection.sasl_start(std::move(name), has_initial, initial.value_or(""));
  auto decided = co_await converse(connection, std::move(reply));
  if (!decided) co_return Answer("BAD Authentication cancelled");
  Answer answer = co_await session.signed_in(std::move(*decided));
  co_return std::move(answer);
}

}  // namespace mailtree::front::imap
