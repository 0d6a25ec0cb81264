// SPDX-License-Identifier: Apache-2.0
// Dates of commands and of INTERNALDATE (RFC 3501 section 9: date, date-time). Not the dates of messages: see src/mime.
#pragma once

#include <cstdint>
#include <string>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

// date: "1-Feb-1994", quoted or not. Days since 1970-01-01.
bool read_date(Decoder& decoder, std::int64_t& day);
// date-time: "17-Jul-1996 02:44:25 -0700" in quotes. Seconds since 1970-01-01 00:00 UTC.
bool read_date_time(Decoder& decoder, std::int64_t& unix_seconds);
// date-time in quotes, zone +0000. Years outside 1..9999 are clamped.
void append_date_time(std::string& out, std::int64_t unix_seconds);

}  // namespace mailtree::imap
