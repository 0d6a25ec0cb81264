// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 5: marks only; QUIT removes.
#include "pop3/command_table.h"

namespace mailtree::pop3 {

Task<Result<Reply>> dele(Session& session, const Arguments& arguments) {
  const auto number = session.maildrop().find(arguments[0]);
  if (!number) co_return number.error();
  session.maildrop().mark(*number);
  co_return Reply::ok("Marked for deletion");
}

}  // namespace mailtree::pop3
