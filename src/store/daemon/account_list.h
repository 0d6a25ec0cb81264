// SPDX-License-Identifier: Apache-2.0
// Which accounts lie in a partition, from its directories alone.
#pragma once

#include "base/result.h"
#include "loop/disk.h"
#include "store/inspection.h"

namespace mailtree::store {

// Synchronous, any thread. Directories that cannot be an account's (drafts, foreign ones) are passed over.
Result<ListAccounts::Reply> list_accounts(loop::Disk& disk, int partition, const ListAccounts& request);

}  // namespace mailtree::store
