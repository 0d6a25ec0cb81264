// SPDX-License-Identifier: Apache-2.0
// Mailbox names: UTF-8 inside, modified UTF-7 (RFC 3501 section 5.1.3) on the wire. Hierarchy separator "/".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "imap/grammar/decoder.h"

namespace mailtree::imap {

inline constexpr char hierarchy_separator = '/';

// UTF-8 to modified UTF-7. Octets that are not UTF-8 become U+FFFD: names come from our own store.
std::string encode_mailbox_name(std::string_view utf8);

// nullopt unless `wire` is the one canonical form: no ASCII in base64, no zero padding left, no empty or adjacent
// shifts, no lone surrogates, no control characters, no "/" smuggled in. Valid UTF-8 is let through as itself (RFC
// 9051).
std::optional<std::string> decode_mailbox_name(std::string_view wire);

// An argument `mailbox`: any case of INBOX becomes "INBOX", alone or as the first level. NO [CANNOT] if not canonical.
bool read_mailbox(Decoder& decoder, std::string& name);

// "inbox" and "inbox/x" to "INBOX" and "INBOX/x".
void normalize_inbox(std::string& name);

}  // namespace mailtree::imap
