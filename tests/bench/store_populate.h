// SPDX-License-Identifier: Apache-2.0
// Partitions of any size for measurements, made by the store's own code without waiting for the disk.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "store/types.h"

namespace mailtree::bench {

// uidU at dD.test; the entryUUID follows from both.
store::AccountName account_name(std::uint32_t domain, std::uint32_t user);

struct Population {
  std::uint32_t domains = 1;
  std::uint32_t users = 1;     // in each domain
  std::uint32_t messages = 0;  // in each INBOX
  std::uint32_t octets = 4096;
};

// A new partition in an existing, empty directory.
Result<void> populate(const std::string& partition, const Population& population);
// More messages for the INBOX of an account that is there already; stored must not run.
Result<void> fill(const std::string& account_directory, std::uint32_t messages, std::uint32_t octets);

}  // namespace mailtree::bench
