// SPDX-License-Identifier: Apache-2.0
// To which thread a message belongs (RFC 8474 5.2). It follows from the header of the message alone, so it never
// changes and needs no other message: the id that the conversation began with, as far as the header tells. Any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "loop/disk.h"
#include "store/types.h"

namespace mailtree::store {

constexpr std::size_t max_thread_header = 64U << 10;  // octets of a message that are looked at

// By the first message id of References, else of In-Reply-To, else of Message-ID. Nothing of a line that is cut off by
// the end of `message` is believed, unless it is `whole`. unknown_thread if there is no id.
ThreadId named_thread(std::string_view message, bool whole);
// Of a message that names none: its own.
ThreadId own_thread(const Unique& unique);
// The one of the two that the message is in.
inline ThreadId thread_of(ThreadId named, const Unique& unique) {
  return named == unknown_thread ? own_thread(unique) : named;
}

// named_thread() of an open file, of which no more than its header is read. Synchronous, for pool threads.
Result<ThreadId> read_named_thread(loop::Disk& disk, int file);
// The thread of a message by the name of its file; unknown_thread if the file cannot be read now.
ThreadId thread_of_file(loop::Disk& disk, int directory, const std::string& name, const Unique& unique);

}  // namespace mailtree::store
