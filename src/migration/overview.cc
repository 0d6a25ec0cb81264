// SPDX-License-Identifier: Apache-2.0
#include "migration/overview.h"

#include <array>
#include <string_view>

#include "base/ascii.h"

namespace mailtree::migration {
namespace {

struct Unobeyed {
  std::string_view attribute;
  std::string_view value;  // "" = any
  std::string_view meaning;
};

// What the old server did and ours does not. A line goes when its subject comes.
constexpr std::array unobeyed = {
    Unobeyed{"nsmsgDisallowAccess", "", "these services were closed to them: write mailAllowedServiceAccess instead"},
    Unobeyed{"mailAccessDomain", "", "logins came from these domains only: write mailAllowedServiceAccess instead"},
    Unobeyed{"nsmsgNumMsgQuota", "", "the limit of messages is mailMsgQuota now"},
    Unobeyed{"msgVanityDomain", "", "a domain of one user needs an entry like any other"},
    Unobeyed{"domainUidSeparator", "", "logins are made of uid and domain, a uid is never split"},
    Unobeyed{"mailDeliveryOption", "autoreply", "nobody gets an automatic reply"},
    Unobeyed{"mailDeliveryOption", "program", "no program is run"},
    Unobeyed{"mailDeliveryOption", "native", "there are no mailboxes of system users"},
    Unobeyed{"mailDeliveryOption", "unix", "there are no mailboxes of system users"},
    Unobeyed{"mailDeliveryOption", "file", "no archive file is written"},
    Unobeyed{"mailSieveRuleSource", "", "filters are not run"},
    Unobeyed{"mailDomainSieveRuleSource", "", "filters are not run"},
};

std::string entries(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " entry has " : " entries have ");
}

}  // namespace

void Overview::look_at(const Entry& entry) {
  if (entry.has("mailHost")) ++hosts_[ascii::to_lower(entry.first("mailHost"))];
  if (entry.has("mailMessageStore")) ++partitions_[std::string(entry.first("mailMessageStore"))];
  for (const Unobeyed& one : unobeyed) {
    if (one.value.empty() ? !entry.has(one.attribute) : !entry.has_value(one.attribute, one.value)) continue;
    ++unobeyed_[std::string(one.attribute) + (one.value.empty() ? "" : ": ") + std::string(one.value) +
                ", which is not carried out: " + std::string(one.meaning)];
  }
}

void Overview::tell(Report& report) const {
  const auto note = [&](std::string text) { report.tell({Act::note, "", 0, "", std::move(text), ""}); };
  for (const auto& [host, count] : hosts_)
    note(entries(count) + "the mailHost " + host +
         ": their mail goes there, unless it is the new server's host_name (--map-host renames it)");
  for (const auto& [partition, count] : partitions_)
    note(entries(count) + "the mailMessageStore " + partition + ": the new server needs [partitions." + partition +
         "] (or --map-partition)");
  for (const auto& [setting, count] : unobeyed_) note(entries(count) + setting);
}

}  // namespace mailtree::migration
