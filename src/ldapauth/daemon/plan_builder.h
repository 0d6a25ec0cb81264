// SPDX-License-Identifier: Apache-2.0
// From entries to delivery plans (iPlanet's mailDeliveryOption, mailHost and group attributes). Pure: what needs
// another look-up (members by DN, catch-all) is done by the resolver before or after.
#pragma once

#include <string>
#include <vector>

#include "ldapauth/daemon/entry.h"
#include "ldapauth/daemon/mail_address.h"
#include "ldapauth/daemon/record.h"
#include "ldapauth/plan.h"

namespace mailtree::ldapauth {

// How the recipient was written, for plans that pass it on.
struct AddressUse {
  std::string address;      // as given, with any subaddress
  std::string folder_hint;  // the detail of "name+detail"
};

// The refusal a status asks for; code 0 when it asks for none (accept and hold).
Refusal refusal_for(DeliveryVerdict verdict, bool is_group);

// `own_hosts`: names under which mailHost means this host, lower case. A user without mailHost lives here.
DeliveryPlan user_plan(const Entry& entry, const Account& account, const AddressUse& use,
                       const std::vector<std::string>& own_hosts);

// `members`: addresses found behind uniqueMember and the URLs, in order. mgrpRFC822MailMember is added here.
DeliveryPlan group_plan(const Entry& entry, const Status& status, const AddressUse& use,
                        std::vector<std::string> members);

// The message goes to `host` as it is.
DeliveryPlan host_plan(const std::string& host, const AddressUse& use);
DeliveryPlan forward_plan(const std::string& address);
DeliveryPlan refusal_plan(Refusal refusal);

bool contains_host(const std::vector<std::string>& hosts, const std::string& host);

}  // namespace mailtree::ldapauth
