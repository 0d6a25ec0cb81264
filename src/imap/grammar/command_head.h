// SPDX-License-Identifier: Apache-2.0
// Tag and verb of a command, for both the front end and the session; what follows is the command's own business.
#pragma once

#include <string>
#include <string_view>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

struct CommandHead {
  std::string_view tag;
  std::string verb;  // upper case; "UID FETCH" for the two-word ones
};

// The decoder is left behind the verb, before the space or the end.
bool read_command_head(Decoder& decoder, CommandHead& head);

}  // namespace mailtree::imap
