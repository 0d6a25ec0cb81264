// SPDX-License-Identifier: Apache-2.0
// Text of responses, appended to one growing string: numbers, strings, mailbox names, dates. No temporaries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailtree::imap {

void append_number(std::string& out, std::uint64_t number);
// Quoted where RFC 3501 allows it, else a literal. NUL, which neither may hold, becomes 0x80 (as in RFC 3516 practice).
void append_string(std::string& out, std::string_view text);
void append_nstring(std::string& out, const std::optional<std::string_view>& text);
// An atom if possible, else as append_string().
void append_astring(std::string& out, std::string_view text);
// UTF-8 name as modified UTF-7, quoted.
void append_mailbox(std::string& out, std::string_view name);
// "{n}" CRLF: the octets follow, unchanged.
void append_literal_header(std::string& out, std::uint64_t octets);
// Text for humans behind a response code: one line, 7 bit.
void append_text(std::string& out, std::string_view text);

}  // namespace mailtree::imap
