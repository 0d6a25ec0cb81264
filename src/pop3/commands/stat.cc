// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 5: number and octets of the messages that are not marked.
#include "pop3/command_table.h"

namespace mailtree::pop3 {

Task<Result<Reply>> stat(Session& session, const Arguments&) {
  const Maildrop& drop = session.maildrop();
  co_return Reply::ok(std::to_string(drop.count()) + ' ' + std::to_string(drop.octets()));
}

}  // namespace mailtree::pop3
