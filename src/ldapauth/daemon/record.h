// SPDX-License-Identifier: Apache-2.0
// Entries read as domains, users and groups. Values of the wrong form never reach the rest of the program: they make
// the entry unusable for now (a temporary failure of this one entry, and a line in the log), never "no such user".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ldapauth/account.h"
#include "ldapauth/daemon/entry.h"
#include "ldapauth/daemon/status.h"

namespace mailtree::ldapauth {

// What a look-up may ask for: everything mail needs of an entry, and never a secret.
extern const std::vector<std::string> wanted_attributes;
// What only a sign-in asks for. The userPassword of users is not shown to us; that of mailtreeAppPassword is.
extern const std::vector<std::string> secret_attributes;

// mailQuota and its relatives: "20M", "-1", "0"; K, M, G are powers of 1024. Of the extended form "20M;Trash%10M" the
// first part. nullopt: not a number, negative beyond -2, or over 4096 G.
std::optional<std::int64_t> parse_quota(std::string_view text);

// Domain is plain data for others; this adds what only the resolver needs.
struct DomainRecord {
  Domain domain;
  Status status;
  std::int64_t user_quota_bytes = quota_default;     // mailQuota of the domain: default of its users
  std::int64_t user_quota_messages = quota_default;  // mailMsgQuota of the domain
  std::string login_filter;                          // inetDomainSearchFilter
  std::vector<std::string> routing_hosts;            // mailRoutingHosts, lower case
  std::string service_access;                        // mailDomainAllowedServiceAccess
};

bool is_mail_user(const Entry& entry);   // the classes of a user, and a uid
bool is_mail_group(const Entry& entry);

Result<DomainRecord> read_domain(const Entry& entry);
Result<Account> read_account(const Entry& entry, const DomainRecord& domain);

// The one entry that an exact look-up means: of several, those that are no users or groups or are deleted do not count
// (what remains decides). More than one left is a mistake in the directory: an error, never a guess.
Result<const Entry*> only_one(const Entries& entries);

}  // namespace mailtree::ldapauth
