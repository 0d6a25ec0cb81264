// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 7: everything behind the one space is the password, further spaces too.
#include <utility>

#include "front/pop3/command_table.h"

namespace mailtree::front::pop3 {

Task<void> pass(Session& session, std::string_view argument) {
  std::string name = std::exchange(session.user, {});
  if (name.empty()) {
    session.fail("-ERR USER comes first\r\n");
    co_return;
  }
  std::string password(argument);
  ldapauth::SaslReply reply = co_await session.connection().check_password(std::move(name), std::move(password));
  co_await session.signed_in(std::move(reply));
}

}  // namespace mailtree::front::pop3
