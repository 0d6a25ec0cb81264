// SPDX-License-Identifier: Apache-2.0
// RFC 3501 6.2.3.
#include "front/imap/command_table.h"

namespace mailtree::front::imap {

Task<Answer> login(Session& session, Decoder& arguments) {
  std::string name, password;
  if (!session.connection().may_login())
    co_return Answer("NO [PRIVACYREQUIRED] Use TLS before signing in");  // RFC 5530; the directory is not asked (T03)
  if (!arguments.space() || !arguments.astring(name) || !arguments.space() || !arguments.astring(password) ||
      !arguments.end())
    co_return Answer("BAD " + arguments.error().reply);
  ldapauth::SaslReply reply = co_await session.connection().check_password(std::move(name), std::move(password));
  Answer answer = co_await session.signed_in(std::move(reply));
  co_return std::move(answer);
}

}  // namespace mailtree::front::imap
