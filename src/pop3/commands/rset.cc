// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 5: takes all marks back.
#include "pop3/command_table.h"

namespace mailtree::pop3 {

Task<Result<Reply>> rset(Session& session, const Arguments&) {
  Maildrop& drop = session.maildrop();
  drop.unmark_all();
  co_return Reply::ok(std::to_string(drop.count()) + " messages (" + std::to_string(drop.octets()) + " octets)");
}

}  // namespace mailtree::pop3
