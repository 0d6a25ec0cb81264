// SPDX-License-Identifier: Apache-2.0
// RFC 2449 section 5, in the TRANSACTION state: what belongs to sign-in is left out.
#include "pop3/command_table.h"

namespace mailtree::pop3 {

Task<Result<Reply>> capa(Session& session, const Arguments&) {
  [[maybe_unused]] const int frame = 0;
  session.out() +=
      "+OK\r\n"
      "TOP\r\n"
      "UIDL\r\n"
      "RESP-CODES\r\n"
      "AUTH-RESP-CODE\r\n"
      "PIPELINING\r\n"
      "IMPLEMENTATION mailtree\r\n"
      ".\r\n";
  co_return Reply::said();
}

}  // namespace mailtree::pop3
