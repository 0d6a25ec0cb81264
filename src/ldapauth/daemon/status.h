// SPDX-License-Identifier: Apache-2.0
// The status words of domain and entry folded into what they mean for mail and for logins. Read in the order
// inetDomainStatus, mailDomainStatus, inetUserStatus (inetGroupStatus), mailUserStatus (inetMailGroupStatus): the first
// that is not "active" decides. A missing word is "active", an unknown one is "inactive". Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "ldapauth/account.h"
#include "ldapauth/daemon/entry.h"

namespace mailtree::ldapauth {

struct Status {
  DeliveryVerdict delivery = DeliveryVerdict::accept;
  LoginVerdict login = LoginVerdict::allowed;
  std::string word;  // "mailUserStatus=hold"; empty when all are active
};

Status domain_status(const Entry& domain);
// `domain` first, then the entry's own words.
Status user_status(const Status& domain, const Entry& user);
Status group_status(const Status& domain, const Entry& group);

}  // namespace mailtree::ldapauth
