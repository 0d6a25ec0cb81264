// SPDX-License-Identifier: Apache-2.0
// Which way an accepted message goes: straight into one partition of the store, or through the queue.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/messages.h"

namespace mailtree::config {
struct Settings;
}
namespace mailtree::ldapauth {
struct Account;
}

namespace mailtree::smtp {

struct Transaction;

store::AccountName name_in_store(const ldapauth::Account& account);
// Configured name of the account's partition; nullopt if the directory names one that does not exist here.
std::optional<std::string> partition_of(const config::Settings& settings, const ldapauth::Account& account);

// Delivery without the queue: each mailbox once, whatever number of addresses leads to it.
struct DirectDelivery {
  std::string partition;
  std::vector<store::DeliverRecipient> mailboxes;
  std::vector<std::vector<std::size_t>> of_recipient;  // for each recipient the indexes of its mailboxes
};

// Nothing if somebody needs the queue: another host, a group, a forward, a second partition, a success notice (RFC
// 3461).
std::optional<DirectDelivery> direct_delivery(const config::Settings& settings, const Transaction& transaction);

}  // namespace mailtree::smtp
