// SPDX-License-Identifier: Apache-2.0
// ENVELOPE as text (RFC 3501 section 7.4.2).
#pragma once

#include <string>
#include <string_view>

namespace mailtree::imap {

// `block`: the header of a message. Appends "(date subject from …)".
void append_envelope(std::string& out, std::string_view block);

}  // namespace mailtree::imap
