// SPDX-License-Identifier: Apache-2.0
// Arguments and answer of ID (RFC 2971). Also used before login.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

using IdParameters = std::vector<std::pair<std::string, std::string>>;

// NIL or "(" string SP nstring … ")"; at most 30 pairs, the rest is an error (RFC 2971 section 3.3). NIL values are
// left out.
bool read_id_parameters(Decoder& decoder, IdParameters& parameters);

// One printable line for the log and for SessionStart::client_id: "name=Thunderbird version=128.0".
std::string describe_id(const IdParameters& parameters);

// "* ID (…)" with what this server says of itself, CRLF included.
void append_id_response(std::string& out);

}  // namespace mailtree::imap
