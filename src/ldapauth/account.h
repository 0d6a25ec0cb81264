// SPDX-License-Identifier: Apache-2.0
// What a user and a domain are, as values read from the directory once. No secrets, no LDAP types. The daemons keep
// copies of these; the directory stays the only truth (a copy is at most as old as AccountChanged says).
#pragma once

#include "ldapauth/wire.h"

namespace mailtree::ldapauth {

// What the four status words (inetDomainStatus, mailDomainStatus, inetUserStatus, mailUserStatus; the first that is not
// "active" decides) mean for mail to the account.
enum class DeliveryVerdict : std::uint8_t {
  accept = 0,
  temporary = 1,   // inactive or an unknown word: 4xx
  permanent = 2,   // disabled, deleted, removed: 5xx
  hold = 3,        // accepted and kept in the queue until the status changes
  over_quota = 4,  // set by an operator or the store: 4xx 4.2.2
};

// What they mean for a login. A refused login gets one fixed text; the password has been right.
enum class LoginVerdict : std::uint8_t {
  allowed = 0,
  refused = 1,
};

}  // namespace mailtree::ldapauth

MSGPACK_ADD_ENUM(mailtree::ldapauth::DeliveryVerdict)
MSGPACK_ADD_ENUM(mailtree::ldapauth::LoginVerdict)

namespace mailtree::ldapauth {

// Special values of quotas (mailQuota, mailMsgQuota).
constexpr std::int64_t quota_unlimited = -1;
constexpr std::int64_t quota_default = -2;  // absent or "-2": the domain's, else the server's default applies

// A mail user. Its identity is entry_uuid (RFC 4530); its mailbox is named by (domain, uid).
struct Account {
  std::string entry_uuid;              // RFC 4530, lower case; a re-created user has another one
  std::string dn;                      // as the directory spells it; for logs and binds, never for paths
  std::string uid;                     // first value of `uid`, lower case; never empty, no '/', no control octets
  std::string domain;                  // canonical name (sunPreferredDomain), lower case, A-labels
  std::string mail;                    // primary address: what replies and headers are rewritten to
  std::vector<std::string> addresses;  // all it owns (mail, alternates, equivalents), lower case; may hold "@domain"
  DeliveryVerdict delivery = DeliveryVerdict::accept;
  LoginVerdict login = LoginVerdict::allowed;
  std::string status_word;             // for logs, what decided: "mailUserStatus=hold"; empty = all active
  std::int64_t quota_bytes = quota_default;
  std::int64_t quota_messages = quota_default;
  std::string partition;               // mailMessageStore; empty = default partition
  std::string mail_host;               // mailHost, lower case; empty = here
  std::string preferred_language;      // RFC 3282 tag or empty
  std::string common_name;             // `cn`, for humans
  std::int64_t max_message_bytes = 0;  // mailMsgMaxBlocks in octets (1 block = 1024); 0 = server's limit
  std::string service_access;          // mailAllowedServiceAccess, uninterpreted: ldapauthd applies it
  std::string change;                  // entryCSN: differs after each change of the entry or of its domain
  std::int64_t domain_quota_bytes = quota_default;     // mailDomainDiskQuota of its domain
  std::int64_t domain_quota_messages = quota_default;  // mailDomainMsgQuota
  MSGPACK_DEFINE(entry_uuid, dn, uid, domain, mail, addresses, delivery, login, status_word, quota_bytes,
                 quota_messages, partition, mail_host, preferred_language, common_name, max_message_bytes,
                 service_access, change, domain_quota_bytes, domain_quota_messages)

  // Name of the mailbox and of the user in logs: "uid@domain".
  [[nodiscard]] std::string name() const { return uid + '@' + domain; }
};

// A hosted domain.
struct Domain {
  std::string name;                // canonical
  std::vector<std::string> aliases;  // associatedDomain, lower case, without `name`
  std::string base_dn;             // top of its users
  std::string entry_uuid;
  DeliveryVerdict delivery = DeliveryVerdict::accept;
  LoginVerdict login = LoginVerdict::allowed;
  std::string status_word;
  std::int64_t quota_bytes = quota_default;     // sum over its users (mailDomainDiskQuota)
  std::int64_t quota_messages = quota_default;  // mailDomainMsgQuota
  std::string smart_host;          // mailRoutingSmartHost
  std::string catchall;            // mailDomainCatchallAddress
  MSGPACK_DEFINE(name, aliases, base_dn, entry_uuid, delivery, login, status_word, quota_bytes, quota_messages,
                 smart_host, catchall)
};

}  // namespace mailtree::ldapauth
