// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/record.h"

#include <algorithm>

#include "base/ascii.h"

namespace mailtree::ldapauth {
namespace {

constexpr std::int64_t max_quota_bytes = 4096LL << 30;  // the published bound
constexpr std::int64_t block_bytes = 1024;              // of mailMsgMaxBlocks

Error unusable(const Entry& entry, std::string_view what) {
  return Error::temporary(Condition::damaged, "entry " + entry.dn + ": " + std::string(what));
}

std::vector<std::string> lower_case(const std::vector<std::string>& values) {
  std::vector<std::string> out;
  out.reserve(values.size());
  for (const std::string& value : values) out.push_back(ascii::to_lower(ascii::trim(value)));
  return out;
}

// Names that become part of a path or of a log line.
bool is_safe_name(std::string_view name) {
  const auto bad = [](char c) { return ascii::is_control(c) || c == '/'; };
  return !name.empty() && name.size() <= 255 && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(), bad);
}

// A missing quota is `fallback`; so is -2.
Result<std::int64_t> read_quota(const Entry& entry, std::string_view attribute, std::int64_t fallback) {
  const std::string_view text = entry.first(attribute);
  if (text.empty()) return fallback;
  const auto value = parse_quota(text);
  if (!value) return unusable(entry, "bad " + std::string(attribute) + " \"" + ascii::printable(text, 40) + "\"");
  return *value == quota_default ? fallback : *value;
}

void add_addresses(const Entry& entry, std::string_view attribute, std::vector<std::string>& out) {
  for (std::string& address : lower_case(entry.values(attribute)))
    if (std::find(out.begin(), out.end(), address) == out.end()) out.push_back(std::move(address));
}

bool is_deleted(const Entry& entry) {
  using namespace std::string_view_literals;
  for (const auto attribute : {"inetuserstatus"sv, "mailuserstatus"sv, "inetgroupstatus"sv, "inetmailgroupstatus"sv}) {
    const std::string_view word = ascii::trim(entry.first(attribute));
    if (ascii::equal(word, "deleted") || ascii::equal(word, "removed")) return true;
  }
  return false;
}

}  // namespace

const std::vector<std::string> wanted_attributes = {
    "objectClass", "entryUUID", "entryCSN", "cn", "uid", "mail", "mailAlternateAddress", "mailEquivalentAddress",
    // domains
    "sunPreferredDomain", "associatedDomain", "inetDomainBaseDN", "inetCanonicalDomainName", "inetDomainStatus",
    "mailDomainStatus", "inetDomainSearchFilter", "mailDomainCatchallAddress", "mailRoutingHosts",
    "mailRoutingSmartHost", "mailDomainDiskQuota", "mailDomainMsgQuota", "mailDomainAllowedServiceAccess",
    "aliasedObjectName",
    // users
    "inetUserStatus", "mailUserStatus", "mailQuota", "mailMsgQuota", "mailMessageStore", "mailHost",
    "mailRoutingAddress", "mailDeliveryOption", "mailForwardingAddress", "mailMsgMaxBlocks", "preferredLanguage",
    "mailAllowedServiceAccess",
    // groups
    "inetGroupStatus", "inetMailGroupStatus", "uniqueMember", "memberURL", "mgrpDeliverTo", "mgrpRFC822MailMember",
    "rfc822MailMember", "mgrpErrorsTo", "mgrpAddHeader", "mgrpRemoveHeader", "mgrpNoDuplicateChecks",
    "mgrpAllowedBroadcaster", "mgrpDisallowedBroadcaster", "mgrpAllowedDomain", "mgrpDisallowedDomain",
    "mgrpBroadcasterPolicy", "mgrpMsgMaxSize", "mgrpMsgRejectText", "mailRejectText"};

const std::vector<std::string> secret_attributes = {
    "entryUUID", "cn", "authPassword", "mailtreeVerifierTime", "pwdChangedTime", "pwdAccountLockedTime",
    // passwords of applications
    "userPassword", "mailtreePasswordScope", "mailtreePasswordExpires"};

std::optional<std::int64_t> parse_quota(std::string_view text) {
  text = ascii::trim(text.substr(0, text.find(';')));
  if (text == "-1") return quota_unlimited;
  if (text == "-2") return quota_default;
  if (text.empty()) return std::nullopt;
  std::int64_t unit = 1;
  switch (ascii::upper(text.back())) {
    case 'K': unit = 1LL << 10; break;
    case 'M': unit = 1LL << 20; break;
    case 'G': unit = 1LL << 30; break;
    default: break;
  }
  if (unit != 1) text.remove_suffix(1);
  const auto number = ascii::number<std::uint64_t>(text, static_cast<std::uint64_t>(max_quota_bytes / unit));
  if (!number) return std::nullopt;
  return static_cast<std::int64_t>(*number) * unit;
}

// 4.x: mailRecipient + nsMessagingServerUser; 5.x and later: inetMailUser. Without a uid there is no mailbox name.
bool is_mail_user(const Entry& entry) {
  const bool classes = entry.has_class("inetMailUser") ||
                       (entry.has_class("mailRecipient") && entry.has_class("nsMessagingServerUser"));
  return classes && !entry.first("uid").empty();
}

bool is_mail_group(const Entry& entry) { return entry.has_class("inetMailGroup") || entry.has_class("mailGroup"); }

Result<DomainRecord> read_domain(const Entry& entry) {
  DomainRecord record;
  Domain& domain = record.domain;
  std::string_view name = entry.first("sunpreferreddomain");
  if (name.empty()) name = entry.first("inetcanonicaldomainname");
  domain.name = ascii::to_lower(ascii::trim(name));
  if (!is_safe_name(domain.name)) return unusable(entry, "no usable domain name");
  for (std::string& alias : lower_case(entry.values("associateddomain")))
    if (alias != domain.name) domain.aliases.push_back(std::move(alias));
  domain.base_dn = entry.first("inetdomainbasedn").empty() ? entry.dn : std::string(entry.first("inetdomainbasedn"));
  domain.entry_uuid = entry.entry_uuid();
  record.status = domain_status(entry);
  domain.delivery = record.status.delivery;
  domain.login = record.status.login;
  domain.status_word = record.status.word;
  domain.smart_host = ascii::to_lower(entry.first("mailroutingsmarthost"));
  domain.catchall = ascii::trim(entry.first("maildomaincatchalladdress"));
  const auto bytes = read_quota(entry, "maildomaindiskquota", quota_default);
  const auto messages = read_quota(entry, "maildomainmsgquota", quota_default);
  const auto user_bytes = read_quota(entry, "mailquota", quota_default);
  const auto user_messages = read_quota(entry, "mailmsgquota", quota_default);
  for (const auto* quota : {&bytes, &messages, &user_bytes, &user_messages})
    if (!*quota) return quota->error();
  domain.quota_bytes = *bytes;
  domain.quota_messages = *messages;
  record.user_quota_bytes = *user_bytes;
  record.user_quota_messages = *user_messages;
  record.login_filter = entry.first("inetdomainsearchfilter");
  record.service_access = entry.first("maildomainallowedserviceaccess");
  record.routing_hosts = lower_case(entry.values("mailroutinghosts"));
  return record;
}

Result<Account> read_account(const Entry& entry, const DomainRecord& domain) {
  Account account;
  account.entry_uuid = ascii::to_lower(entry.entry_uuid());
  account.dn = entry.dn;
  account.uid = ascii::to_lower(ascii::trim(entry.first("uid")));
  account.domain = domain.domain.name;
  if (!is_safe_name(account.uid)) return unusable(entry, "unusable uid");
  if (account.entry_uuid.empty()) return unusable(entry, "no entryUUID");
  account.partition = ascii::trim(entry.first("mailmessagestore"));
  if (!account.partition.empty() && !is_safe_name(account.partition))
    return unusable(entry, "unusable mailMessageStore");
  account.mail = ascii::trim(entry.first("mail"));
  for (const std::string_view attribute : {"mail", "mailalternateaddress", "mailequivalentaddress"})
    add_addresses(entry, attribute, account.addresses);
  const Status status = user_status(domain.status, entry);
  account.delivery = status.delivery;
  account.login = status.login;
  account.status_word = status.word;
  const auto bytes = read_quota(entry, "mailquota", domain.user_quota_bytes);
  const auto messages = read_quota(entry, "mailmsgquota", domain.user_quota_messages);
  if (!bytes) return bytes.error();
  if (!messages) return messages.error();
  account.quota_bytes = *bytes;
  account.quota_messages = *messages;
  account.domain_quota_bytes = domain.domain.quota_bytes;
  account.domain_quota_messages = domain.domain.quota_messages;
  account.mail_host = ascii::to_lower(ascii::trim(entry.first("mailhost")));
  account.preferred_language = entry.first("preferredlanguage");
  account.common_name = entry.first("cn");
  const auto blocks = ascii::number<std::uint64_t>(ascii::trim(entry.first("mailmsgmaxblocks")), 1ULL << 40);
  account.max_message_bytes = static_cast<std::int64_t>(blocks.value_or(0)) * block_bytes;
  account.service_access = entry.first("mailallowedserviceaccess");
  account.change = entry.first("entrycsn");
  return account;
}

Result<const Entry*> only_one(const Entries& entries) {
  std::vector<const Entry*> usable, deleted;
  for (const Entry& entry : entries) {
    if (!is_mail_user(entry) && !is_mail_group(entry)) continue;
    (is_deleted(entry) ? deleted : usable).push_back(&entry);
  }
  if (usable.size() > 1)
    return Error::temporary(Condition::damaged, "ambiguous: " + usable[0]->dn + " and " + usable[1]->dn);
  if (!usable.empty()) return usable.front();
  return deleted.empty() ? static_cast<const Entry*>(nullptr) : deleted.front();
}

}  // namespace mailtree::ldapauth
