// SPDX-License-Identifier: Apache-2.0
// Resolver: from an address to a delivery plan, from a login name to an account. Decides which searches to make; what
// the entries mean is decided by the pure parts (record, plan_builder). Order of an address's owners: the entry that
// has it; for "name+folder" the owner of "name"; postmaster; the entry that has "@domain"; the domain's catch-all
// address; its smart host.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ldapauth/daemon/directory.h"
#include "ldapauth/daemon/group_resolver.h"
#include "ldapauth/daemon/mail_address.h"
#include "ldapauth/daemon/options.h"
#include "ldapauth/daemon/plan_builder.h"
#include "ldapauth/daemon/record.h"
#include "ldapauth/plan.h"

namespace mailtree::ldapauth {

struct NotHosted {};
using DomainAnswer = std::variant<DomainRecord, NotHosted, Unavailable>;

struct AccountAnswer {
  Outcome outcome = Outcome::unavailable;
  Account account;
  std::string domain_access;  // mailDomainAllowedServiceAccess
  std::string detail;
};

class Resolver {
 public:
  Resolver(loop::Loop& loop, Searcher& directory, const Options& options);

  Task<RecipientAnswer> resolve(std::string address, Post post, Deadline deadline);
  // By uid@domain, by mail address, or by bare uid in the default domain.
  Task<AccountAnswer> find_login(std::string login, Deadline deadline);
  Task<AccountAnswer> find_account(std::string entry_uuid, Deadline deadline);
  Task<DomainAnswer> find_domain(std::string name, Deadline deadline);

 private:
  // One address on its way, perhaps by way of postmaster and catch-all addresses.
  struct Question {
    MailAddress address;
    Post post;
    int hops = 0;
    Deadline deadline = Deadline::never();
    DomainRecord domain;
  };
  Task<RecipientAnswer> resolve_hop(std::string text, Question question);
  Task<RecipientAnswer> resolve_local(Question question);
  Task<RecipientAnswer> resolve_others(Question question);
  Task<RecipientAnswer> resolve_postmaster(Question question);
  Task<RecipientAnswer> resolve_elsewhere(Question question);
  Task<RecipientAnswer> plan_for(Entry entry, AddressUse use, Question question);
  [[nodiscard]] bool is_own_host(const std::string& name) const;

  Searcher& directory_;
  GroupResolver groups_;
  const std::string base_dn_, postmaster_, default_domain_;
  std::vector<std::string> own_hosts_;
};

}  // namespace mailtree::ldapauth
