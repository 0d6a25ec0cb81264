// SPDX-License-Identifier: Apache-2.0
// RFC 3501 6.1.2.
#include "front/imap/command_table.h"

namespace mailtree::front::imap {

Task<Answer> noop(Session&, Decoder& arguments) {
  [[maybe_unused]] const int frame = 0;
  if (!arguments.end()) co_return Answer("BAD NOOP takes no arguments");
  co_return Answer("OK NOOP completed");
}

}  // namespace mailtree::front::imap
