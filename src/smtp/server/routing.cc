// SPDX-License-Identifier: Apache-2.0
#include "smtp/server/routing.h"

#include <algorithm>
#include <map>
#include <utility>

#include "config/settings.h"
#include "ldapauth/plan.h"
#include "smtp/server/transaction.h"

namespace mailtree::smtp {

store::AccountName name_in_store(const ldapauth::Account& account) {
  return {account.domain, account.uid, account.entry_uuid};
}

std::optional<std::string> partition_of(const config::Settings& settings, const ldapauth::Account& account) {
  const config::Partition* const partition = settings.partition(account.partition);
  if (partition == nullptr) return std::nullopt;
  return partition->name;
}

std::optional<DirectDelivery> direct_delivery(const config::Settings& settings, const Transaction& transaction) {
  DirectDelivery direct;
  std::map<std::pair<std::string, std::string>, std::size_t> known;  // (entry, folder) -> index
  for (const Recipient& recipient : transaction.recipients) {
    const bool success_notice = (recipient.parameters.notify & notify::success) != 0;
    if (recipient.remote || success_notice || !recipient.plan.is_local_only()) return std::nullopt;
    std::vector<std::size_t>& indexes = direct.of_recipient.emplace_back();
    for (const ldapauth::MailboxAction& mailbox : recipient.plan.mailboxes) {
      std::optional<std::string> partition = partition_of(settings, mailbox.account);
      if (!partition || (!direct.mailboxes.empty() && *partition != direct.partition)) return std::nullopt;
      direct.partition = std::move(*partition);
      const auto [place, is_new] =
          known.try_emplace({mailbox.account.entry_uuid, mailbox.folder_hint}, direct.mailboxes.size());
      indexes.push_back(place->second);
      if (!is_new) continue;
      store::DeliverRecipient target;
      target.account = name_in_store(mailbox.account);
      target.folder = mailbox.folder_hint;
      target.index = static_cast<std::uint32_t>(direct.mailboxes.size());
      direct.mailboxes.push_back(std::move(target));
    }
  }
  if (direct.mailboxes.empty() || direct.mailboxes.size() > store::max_recipients) return std::nullopt;
  return direct;
}

}  // namespace mailtree::smtp
