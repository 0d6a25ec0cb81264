// SPDX-License-Identifier: Apache-2.0
// Why mail for an address goes where it goes, or a login name may or may not sign in: the decision of ldapauthd with
// every search that it rests on. For operators; the daemons ask with messages.h.
#pragma once

#include "ldapauth/account.h"
#include "ldapauth/plan.h"

namespace mailtree::ldapauth {

enum class Question : std::uint8_t {
  recipient = 0,  // what RCPT and the queue ask
  login = 1,      // what a sign-in asks, without a password
};

}  // namespace mailtree::ldapauth

MSGPACK_ADD_ENUM(mailtree::ldapauth::Question)

namespace mailtree::ldapauth {

struct Explain {
  static constexpr std::uint16_t type = 124;
  using Reply = struct Explanation;
  Question question = Question::recipient;
  std::string name;              // an address, or a login name
  std::string sender;            // envelope sender, empty = null; group rules look at it
  std::string authenticated_as;  // mail address of the signed-in sender, or empty
  MSGPACK_DEFINE(question, name, sender, authenticated_as)
};

// One search, as it was sent to the directory or answered from memory.
struct SearchMade {
  std::string base;
  bool only_base = false;  // that entry itself; else all below it, too
  std::string filter;
  bool remembered = false;  // not sent: the answer was in the cache
  std::uint64_t microseconds = 0;
  std::vector<std::string> entries;  // their DNs
  std::string problem;               // why there is no answer; empty = there is one
  MSGPACK_DEFINE(base, only_base, filter, remembered, microseconds, entries, problem)
};

// Whether one service is open to the user (mailDomainAllowedServiceAccess, mailAllowedServiceAccess), with TLS, from
// this machine. Rules for other networks stand in the attributes.
struct ServiceVerdict {
  std::string service;  // "imap", "pop", "smtp"
  bool allowed = false;
  MSGPACK_DEFINE(service, allowed)
};

struct Explanation {
  Outcome outcome = Outcome::unavailable;
  std::string detail;
  DeliveryPlan plan;                  // recipient
  Account account;                    // login
  std::string domain_service_access;  // mailDomainAllowedServiceAccess, as written
  std::vector<ServiceVerdict> services;
  Outcome domain_outcome = Outcome::unavailable;
  Domain domain;                     // of the name that was asked
  std::vector<SearchMade> searches;  // in order
  MSGPACK_DEFINE(outcome, detail, plan, account, domain_service_access, services, domain_outcome, domain, searches)
};

}  // namespace mailtree::ldapauth
