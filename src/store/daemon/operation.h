// SPDX-License-Identifier: Apache-2.0
// Operation: one request to one account. Operations that wait for the same account become one batch: planned one after
// the other, made durable together. All members run on a pool thread, one batch of an account at a time.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "loop/disk.h"
#include "store/daemon/file_work.h"
#include "store/daemon/plan.h"
#include "store/types.h"

namespace mailtree::store {

class IndexWriter;
class Partition;
struct IndexedAccount;

// What an operation may look at besides the state.
struct AccountAccess {
  Partition& partition;
  loop::Disk& disk;
  int directory;  // of the account
  const AccountState& state;
  FolderWatches& watches;
  std::int64_t now;
  Quota quota;  // as told last since the account was loaded; unlimited if nobody has
};

class Operation {
 public:
  explicit Operation(AccountName name) : account(std::move(name)) {}
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // An account without a directory: make it, or answer by absent().
  [[nodiscard]] virtual bool creates_account() const { return false; }
  virtual Result<void> absent(Partition& partition, std::int64_t now) {
    static_cast<void>(partition), static_cast<void>(now);
    return Error::temporary(Condition::unavailable, "account does not exist yet");
  }
  // Reads directories in prepare(); such an operation is a batch of its own.
  [[nodiscard]] virtual bool looks_at_files() const { return false; }
  [[nodiscard]] virtual bool wants_index() const { return false; }
  // The rows of the account are made anew from its log.
  [[nodiscard]] virtual bool renews_index() const { return false; }
  // An operator's question: whoever owns the account.
  [[nodiscard]] virtual bool for_any_owner() const { return false; }
  // Fills the disk. Such operations are refused on a full one; the ballast is for those that make room.
  [[nodiscard]] virtual bool adds_data() const { return false; }

  // The limits that whoever asks has found in the directory; null if it says nothing of them.
  [[nodiscard]] virtual const Quota* quota() const { return nullptr; }

  virtual Result<void> prepare(AccountAccess& access) {
    static_cast<void>(access);
    return {};
  }
  // Checks everything before it adds anything: after an error the plan must be as before. Fills the reply, which is
  // only sent once the batch is durable.
  virtual Result<void> plan(Plan& plan, AccountAccess& access) = 0;
  // After everything is durable and published; `published`: the index has rows of the account.
  virtual void see_index(IndexWriter& index, const IndexedAccount& indexed, const AccountState& state, bool published) {
    static_cast<void>(index);
    static_cast<void>(indexed);
    static_cast<void>(state);
    static_cast<void>(published);
  }

  const AccountName account;
  Result<void> outcome;
};

}  // namespace mailtree::store
