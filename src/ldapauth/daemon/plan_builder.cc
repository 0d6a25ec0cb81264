// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/plan_builder.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/ascii.h"

namespace mailtree::ldapauth {
namespace {

bool has_option(const Entry& entry, std::string_view option) {
  const auto& options = entry.values("maildeliveryoption");
  return std::any_of(options.begin(), options.end(),
                     [option](const std::string& value) { return ascii::equal(ascii::trim(value), option); });
}

// mgrpErrorsTo: an address, "mailto:address", or an LDAP URL. The last form is not followed: the sender stays.
std::string errors_to(const Entry& group) {
  std::string_view value = ascii::trim(group.first("mgrperrorsto"));
  if (ascii::starts_with(value, "mailto:")) value.remove_prefix(7);
  if (ascii::starts_with(value, "ldap:")) return {};
  return std::string(value);
}

void remove_duplicates(std::vector<std::string>& addresses) {
  std::unordered_set<std::string> seen;
  std::vector<std::string> once;
  for (std::string& address : addresses)
    if (seen.insert(ascii::to_lower(address)).second) once.push_back(std::move(address));
  addresses = std::move(once);
}

DeliveryPlan hold_plan(const AddressUse& use, const std::string& reason) {
  DeliveryPlan plan;
  plan.holds.push_back({use.address, reason});
  return plan;
}

}  // namespace

Refusal refusal_for(DeliveryVerdict verdict, bool is_group) {
  switch (verdict) {
    case DeliveryVerdict::temporary: return {450, "4.2.1", "Mailbox is not active at present"};
    case DeliveryVerdict::permanent:
      return {550, "5.2.1",
              is_group ? "group disabled; cannot receive new mail" : "user disabled; cannot receive new mail"};
    case DeliveryVerdict::over_quota: return {452, "4.2.2", "Mailbox is full"};
    case DeliveryVerdict::accept:
    case DeliveryVerdict::hold: break;
  }
  return {};
}

DeliveryPlan user_plan(const Entry& entry, const Account& account, const AddressUse& use,
                       const std::vector<std::string>& own_hosts) {
  DeliveryPlan plan;
  plan.refusal = refusal_for(account.delivery, false);
  if (plan.is_refused()) return plan;
  if (account.delivery == DeliveryVerdict::hold) return hold_plan(use, account.status_word);
  if (has_option(entry, "hold")) return hold_plan(use, "mailDeliveryOption=hold");

  // Forwarding does not depend on the host; everything else happens where the mailbox is.
  const bool forwards = has_option(entry, "forward");
  if (forwards)
    for (const std::string& target : entry.values("mailforwardingaddress"))
      plan.forwards.push_back({std::string(ascii::trim(target))});
  if (!account.mail_host.empty() && !contains_host(own_hosts, account.mail_host)) {
    const bool only_forwards = !plan.forwards.empty() && entry.values("maildeliveryoption").size() == 1;
    if (!only_forwards) plan.hosts.push_back({account.mail_host, use.address});
    return plan;
  }
  // Options we do not carry out (program, native, autoreply alone) must not lose mail: what has no target yet goes to
  // the mailbox.
  if (has_option(entry, "mailbox") || plan.forwards.empty()) plan.mailboxes.push_back({account, use.folder_hint});
  return plan;
}

DeliveryPlan group_plan(const Entry& entry, const Status& status, const AddressUse& use,
                        std::vector<std::string> members) {
  DeliveryPlan plan;
  plan.refusal = refusal_for(status.delivery, true);
  if (plan.is_refused()) return plan;
  if (status.delivery == DeliveryVerdict::hold) return hold_plan(use, status.word);
  GroupAction group;
  group.name = entry.first("mail").empty() ? use.address : std::string(ascii::trim(entry.first("mail")));
  group.members = std::move(members);
  for (const std::string_view attribute : {"mgrprfc822mailmember", "rfc822mailmember"})
    for (const std::string& address : entry.values(attribute)) group.members.emplace_back(ascii::trim(address));
  if (!ascii::equal(ascii::trim(entry.first("mgrpnoduplicatechecks")), "yes")) remove_duplicates(group.members);
  group.errors_to = errors_to(entry);
  group.add_headers = entry.values("mgrpaddheader");
  group.remove_headers = entry.values("mgrpremoveheader");
  group.entry_uuid = entry.entry_uuid();
  if (has_option(entry, "forward"))
    for (const std::string& target : entry.values("mailforwardingaddress"))
      plan.forwards.push_back({std::string(ascii::trim(target))});
  plan.groups.push_back(std::move(group));
  return plan;
}

DeliveryPlan host_plan(const std::string& host, const AddressUse& use) {
  DeliveryPlan plan;
  plan.hosts.push_back({host, use.address});
  return plan;
}

DeliveryPlan forward_plan(const std::string& address) {
  DeliveryPlan plan;
  plan.forwards.push_back({address});
  return plan;
}

DeliveryPlan refusal_plan(Refusal refusal) {
  DeliveryPlan plan;
  plan.refusal = std::move(refusal);
  return plan;
}

bool contains_host(const std::vector<std::string>& hosts, const std::string& host) {
  return std::any_of(hosts.begin(), hosts.end(), [&host](const std::string& own) { return ascii::equal(own, host); });
}

}  // namespace mailtree::ldapauth
