// SPDX-License-Identifier: Apache-2.0
// The steps of a MOVE to another account. Each is one operation of one account, and each may be done again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/daemon/operations/operations.h"
#include "store/transfer.h"

namespace mailtree::store {

constexpr std::size_t max_transfer = 128;  // messages at a time: each is an open file

struct Traveller {
  Message message;  // as it is at the source
  std::vector<std::string> keywords;
  std::shared_ptr<UniqueFd> file;
};

// Source: the first max_transfer of the wanted messages are leaving.
class DepartOperation final : public Operation {
 public:
  DepartOperation(const MoveToAccount& request, std::uint64_t number);
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  UidSet leaving;  // empty: none of them exists

 private:
  const MoveToAccount request_;
  const std::uint64_t number_;
};

// Source: what is still leaving, with its files.
class CollectOperation final : public Operation {
 public:
  CollectOperation(AccountName source, std::uint64_t number) : Operation(std::move(source)), number_(number) {}
  [[nodiscard]] bool looks_at_files() const override { return true; }
  Result<void> absent(Partition& partition, std::int64_t now) override;
  Result<void> prepare(AccountAccess& access) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  std::optional<Departure> departure;  // nothing: it is over
  std::vector<Traveller> travellers;

 private:
  const std::uint64_t number_;
};

// Target: their files mean nothing before they are recorded. Permanent errors: they cannot come.
class ExpectOperation final : public Operation {
 public:
  ExpectOperation(const CollectOperation& collected, std::uint64_t number, Quota quota);
  [[nodiscard]] const Quota* quota() const override { return &quota_; }
  [[nodiscard]] bool adds_data() const override { return true; }
  Result<void> absent(Partition& partition, std::int64_t now) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;

 private:
  const AccountName source_;
  const std::uint64_t number_;
  const Quota quota_;
  const FolderId folder_;
  std::vector<std::uint64_t> marks_;
  Totals more_;
};

// Target: they are there.
class ArriveOperation final : public Operation {
 public:
  ArriveOperation(const CollectOperation& collected, std::uint64_t number);
  [[nodiscard]] bool adds_data() const override { return true; }
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  CopyResult result;  // without uids if they had come already

 private:
  const std::uint64_t number_;
  const FolderId folder_;
  const std::vector<Traveller> travellers_;
};

// Source: if they have come they are expunged. Over in any case.
class LeaveOperation final : public Operation {
 public:
  LeaveOperation(AccountName source, std::uint64_t number, bool came)
      : Operation(std::move(source)), number_(number), came_(came) {}
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  Modseq modseq = 0;

 private:
  const std::uint64_t number_;
  const bool came_;
};

// Target: nobody need ask the source any more.
class SettleOperation final : public Operation {
 public:
  SettleOperation(AccountName target, std::uint64_t number) : Operation(std::move(target)), number_(number) {}
  Result<void> absent(Partition& partition, std::int64_t now) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;

 private:
  const std::uint64_t number_;
};

}  // namespace mailtree::store
