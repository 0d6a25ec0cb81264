// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 5.
#include "pop3/command_table.h"

namespace mailtree::pop3 {

Task<Result<Reply>> noop(Session&, const Arguments&) {
  [[maybe_unused]] const int frame = 0;
  co_return Reply::ok({});
}

}  // namespace mailtree::pop3
