// SPDX-License-Identifier: Apache-2.0
#include "pop3/reply.h"

namespace mailtree::pop3 {

Reply reply_to(const Error& error) {
  if (error.condition == Condition::no_such_message) return Reply::error("Message was removed by another session");
  // RFC 3206: SYS/TEMP asks for another try, SYS/PERM for a person.
  if (error.kind == Kind::permanent) return Reply::error("[SYS/PERM] The mailbox cannot be used");
  return Reply::error("[SYS/TEMP] The mailbox is not reachable now, try again later");
}

std::string print(const Reply& reply) {
  if (reply.state == Reply::State::said) return {};
  std::string line = reply.state == Reply::State::ok ? "+OK" : "-ERR";
  if (!reply.text.empty()) line += ' ' + reply.text;
  return line + "\r\n";
}

}  // namespace mailtree::pop3
