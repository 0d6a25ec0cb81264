// SPDX-License-Identifier: Apache-2.0
// The delivery plan: what has to happen to a message for one recipient address, as data. All parts of a plan apply
// together (an entry may deliver to a mailbox AND forward). Sieve returns the same type later.
#pragma once

#include "ldapauth/account.h"

namespace mailtree::ldapauth {

enum class Outcome : std::uint8_t {
  found = 0,         // the plan says what to do (perhaps: refuse)
  no_such_user = 1,  // the domain is ours, the address is not: 550 5.1.1; the only one that is 5xx by itself
  not_hosted = 2,    // the domain is not ours: relay if the sender may, else 550 5.7.1
  unavailable = 3,   // the directory could not be asked: 451 4.3.0
};

}  // namespace mailtree::ldapauth

MSGPACK_ADD_ENUM(mailtree::ldapauth::Outcome)

namespace mailtree::ldapauth {

// Into a mailbox of ours. The folder is a wish (subaddress "name+folder"): absent or forbidden = INBOX.
struct MailboxAction {
  Account account;
  std::string folder_hint;  // UTF-8 as written in the address; empty = INBOX
  MSGPACK_DEFINE(account, folder_hint)
};

// To an address that must be resolved anew (mailForwardingAddress), with the original sender.
struct ForwardAction {
  std::string address;
  MSGPACK_DEFINE(address)
};

// To all members. The copies carry `errors_to` as envelope sender when it is set, else the original sender.
struct GroupAction {
  std::string name;                      // the group's `mail`, for logs, loops and List-Id
  std::vector<std::string> members;      // addresses, each once; nested groups are resolved when their address is
  std::string errors_to;                 // mgrpErrorsTo; "<>" = null sender; empty = leave the sender
  std::vector<std::string> add_headers;  // mgrpAddHeader, "Name: value"
  std::vector<std::string> remove_headers;  // mgrpRemoveHeader, names
  std::string entry_uuid;
  MSGPACK_DEFINE(name, members, errors_to, add_headers, remove_headers, entry_uuid)
};

// The mailbox lives on another host of ours (mailHost) or the domain has a smart host: send it there, no MX lookup.
struct HostAction {
  std::string host;
  std::string address;
  MSGPACK_DEFINE(host, address)
};

// Accepted and kept in the queue; resolved again when `retry` of the queue looks at it.
struct HoldAction {
  std::string address;
  std::string reason;  // the status word
  MSGPACK_DEFINE(address, reason)
};

// Said at RCPT. code == 0: no refusal.
struct Refusal {
  std::uint16_t code = 0;  // 4xx or 5xx
  std::string enhanced;    // RFC 3463, "5.2.1"
  std::string text;        // ASCII, safe for strangers
  MSGPACK_DEFINE(code, enhanced, text)
};

struct DeliveryPlan {
  std::vector<MailboxAction> mailboxes;
  std::vector<ForwardAction> forwards;
  std::vector<GroupAction> groups;
  std::vector<HostAction> hosts;
  std::vector<HoldAction> holds;
  Refusal refusal;  // if set, all else is empty
  MSGPACK_DEFINE(mailboxes, forwards, groups, hosts, holds, refusal)

  [[nodiscard]] bool is_refused() const { return refusal.code != 0; }
  // Nothing but mailboxes of ours: stored can deliver it without the queue.
  [[nodiscard]] bool is_local_only() const {
    return !is_refused() && !mailboxes.empty() && forwards.empty() && groups.empty() && hosts.empty() && holds.empty();
  }
};

// The default is "unavailable": a half-filled answer never turns into a bounce.
struct RecipientAnswer {
  Outcome outcome = Outcome::unavailable;
  DeliveryPlan plan;
  std::string detail;  // for the log
  MSGPACK_DEFINE(outcome, plan, detail)
};

}  // namespace mailtree::ldapauth
