// SPDX-License-Identifier: Apache-2.0
// From what the directory says about a recipient to the next step with it: deliver, relay, wait, refuse, or expand into
// further recipients of the same message. Pure. Bounds: depth, results; circles are found, duplicates linked.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "ldapauth/plan.h"
#include "queue/item.h"

namespace mailtree::delivery {

struct ExpansionLimits {
  std::size_t results = 1000;  // descendants of one address of the envelope
  std::uint32_t depth = 10;
};

// Into mailboxes of ours.
struct ToMailboxes {
  std::vector<ldapauth::MailboxAction> mailboxes;
};
// By MX of the domain of its address.
struct ToDomain {
  std::string domain;  // lower case, or a literal with its brackets
};
// To a named host, without MX; `address` is the recipient there.
struct ToHost {
  std::string host;
  std::string address;
};
struct Wait {
  std::string status, reply;
  bool keep = false;  // held by the directory: never expires
  bool ours = false;  // a part of this server is missing, soon to be back
};
struct Refuse {
  std::string status, reply;
};
// Nothing left to do, in a good way.
struct Done {
  std::string reply;
};
// Records for the journal: variants, children, and the `expanded` that commits them.
struct Expand {
  std::vector<queue::Record> records;
};

using Step = std::variant<ToMailboxes, ToDomain, ToHost, Wait, Refuse, Done, Expand>;

Step next_step(const queue::Item& item, queue::Index index, const ldapauth::RecipientAnswer& answer,
               const ExpansionLimits& limits, std::uint64_t wall_us);

// Part of an address behind the last '@', lower case; empty without one.
std::string domain_of(std::string_view address);

}  // namespace mailtree::delivery
