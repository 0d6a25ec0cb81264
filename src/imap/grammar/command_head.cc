// SPDX-License-Identifier: Apache-2.0
// RFC 3501 section 9: command, uid.
#include "imap/grammar/command_head.h"

#include "base/ascii.h"

namespace mailtree::imap {

bool read_command_head(Decoder& decoder, CommandHead& head) {
  std::string_view word;
  if (!decoder.tag(head.tag)) return false;
  if (!decoder.space() || !decoder.atom(word)) return false;
  head.verb = ascii::to_upper(word);
  if (head.verb != "UID") return true;
  if (!decoder.space() || !decoder.atom(word)) return false;
  head.verb.append(" ").append(ascii::to_upper(word));
  return true;
}

}  // namespace mailtree::imap
