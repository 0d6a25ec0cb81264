// SPDX-License-Identifier: Apache-2.0
// Object identifiers as arguments (RFC 8474 section 7).
#pragma once

#include <string>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

// objectid = 1*255(ALPHA / DIGIT / "_" / "-"); letter case counts.
bool read_object_id(Decoder& decoder, std::string& id);

}  // namespace mailtree::imap
