// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 7: the name under which clients remember a message; what it is made of: pop3/maildrop.h.
#include "pop3/command_table.h"

namespace mailtree::pop3 {

Task<Result<Reply>> uidl(Session& session, const Arguments& arguments) {
  const Maildrop& drop = session.maildrop();
  if (!arguments.empty()) {
    const auto number = drop.find(arguments[0]);
    if (!number) co_return number.error();
    co_return Reply::ok(std::to_string(*number) + ' ' + unique_id(drop.message(*number)));
  }
  std::string& out = session.out();
  out += "+OK\r\n";
  for (std::size_t number = 1; number <= drop.size(); ++number) {
    const Message& message = drop.message(number);
    if (message.deleted) continue;
    out += std::to_string(number) + ' ' + unique_id(message) + "\r\n";
    if (out.size() < output_high_water) continue;
    const auto flushed = co_await session.flush();
    if (!flushed) co_return flushed.error();
  }
  out += ".\r\n";
  co_return Reply::said();
}

}  // namespace mailtree::pop3
