// SPDX-License-Identifier: Apache-2.0
// Delivery into mailboxes of ours: by stored, under a transaction that follows from the queue id, so that a repetition
// after a crash finds the copy already there. One copy a mailbox and folder, however many addresses led to it.
#pragma once

#include <string>
#include <vector>

#include "ldapauth/plan.h"
#include "queue/daemon/services.h"

namespace mailtree::queue {

struct LocalTarget {
  Index recipient = 0;
  std::vector<ldapauth::MailboxAction> mailboxes;
};

struct LocalOutcome {
  Index recipient = 0;
  enum class Result : std::uint8_t { delivered, temporary, permanent } result = Result::temporary;
  std::string status, reply;
  bool ours = false;  // temporary, because stored could not be asked
};

// One outcome a target, in order. Failures of stored are temporary.
loop::Task<std::vector<LocalOutcome>> deliver_locally(Services& services, EntryRef entry,
                                                      std::vector<LocalTarget> targets);

}  // namespace mailtree::queue
