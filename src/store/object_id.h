// SPDX-License-Identifier: Apache-2.0
// Object identifiers as clients see them (RFC 8474): a letter that says of what, then the bits as text. They follow
// from the log alone, so they are the same after the index is lost. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include "store/types.h"

namespace mailtree::store {

// MAILBOXID: 'F' and 16 hexadecimal digits.
std::string mailbox_object_id(std::uint64_t object);
// EMAILID: 'M' and 20 characters of [a-z2-7]; the same for all copies of a message.
std::string email_object_id(const Unique& unique);
// THREADID: 'T' and 16 hexadecimal digits. Empty for unknown_thread.
std::string thread_object_id(ThreadId thread);

}  // namespace mailtree::store
