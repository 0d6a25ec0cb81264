// SPDX-License-Identifier: Apache-2.0
// The INBOX as a POP3 session needs it. The real one asks stored and its index (store_mailbox.h); tests have their own.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/task.h"
#include "store/types.h"

namespace mailtree::pop3 {

// One message as it was when the session began. Small on purpose: a session of a million messages holds them all.
struct Message {
  std::uint64_t octets = 0;  // on the wire: each line end is CRLF (RFC 1939 section 11)
  store::Uid uid = 0;
  store::Unique unique{};
  bool deleted = false;  // marked by DELE
};

// An open message file; nothing of it is in memory.
struct MessageFile {
  UniqueFd descriptor;
  std::uint64_t octets = 0;  // of the file
  MessageFile() = default;
  MessageFile(UniqueFd d, std::uint64_t n) : descriptor(std::move(d)), octets(n) {}
};

class Mailbox {
 public:
  virtual ~Mailbox() = default;
  // The messages of this moment, by ascending uid. Locks nobody out: others may deliver and expunge meanwhile.
  virtual loop::Task<Result<std::vector<Message>>> list() = 0;
  // Condition::no_such_message when another session has removed it; Condition::damaged when the file is not what the
  // index says.
  virtual loop::Task<Result<MessageFile>> open(store::Uid uid) = 0;
  // Returns when the removal is durable. Messages that are gone already are no error.
  virtual loop::Task<Result<void>> remove(store::UidSet uids) = 0;
};

}  // namespace mailtree::pop3
