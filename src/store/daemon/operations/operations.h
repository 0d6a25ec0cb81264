// SPDX-License-Identifier: Apache-2.0
// One class a request of ../../messages.h. Each holds its request and, once it is done, the reply.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "store/acl.h"
#include "store/daemon/operation.h"
#include "store/daemon/receive.h"
#include "store/daemon/scan.h"
#include "store/messages.h"
#include "store/metadata.h"

namespace mailtree::store {

template <typename R>
class RequestOperation : public Operation {
 public:
  using Request = R;
  explicit RequestOperation(R message) : Operation(message.account), request(std::move(message)) {}
  const R request;
  typename R::Reply reply;
};

// --- accounts (accounts.cc)
class OpenAccountOperation final : public RequestOperation<OpenAccount> {
 public:
  using RequestOperation::RequestOperation;
  const Quota* quota() const override { return &request.quota; }
  bool creates_account() const override { return true; }
  bool looks_at_files() const override { return true; }
  bool wants_index() const override { return true; }
  Result<void> prepare(AccountAccess& access) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  void see_index(IndexWriter& index, const IndexedAccount& indexed, const AccountState& state, bool published) override;
  std::vector<Transfer> unfinished;  // to be gone on with before the reply

 private:
  std::vector<std::string> foreign_;
};

class MayAcceptOperation final : public RequestOperation<MayAccept> {
 public:
  using RequestOperation::RequestOperation;
  const Quota* quota() const override { return &request.quota; }
  Result<void> absent(Partition& partition, std::int64_t now) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;

 private:
  void decide(Partition& partition, const Totals& totals, const Totals& domain, std::int64_t now);
  void decide_for_domain(Partition& partition, const Totals& domain, std::int64_t now);
  void note_fullness(Plan& plan, std::int64_t grace_seconds);
};

// --- arrivals (arrivals.cc)
// One recipient of a Deliver; the others may be other accounts.
class DeliverOperation final : public Operation {
 public:
  DeliverOperation(std::shared_ptr<const Deliver> request, std::size_t recipient, ReceivedFile file);
  bool creates_account() const override { return true; }
  bool looks_at_files() const override { return request_->again; }
  Result<void> prepare(AccountAccess& access) override;
  bool adds_data() const override { return true; }
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  DeliverResult result;

 private:
  [[nodiscard]] const DeliverRecipient& recipient() const { return request_->recipients[recipient_]; }
  bool find_duplicate(const AccountState& state, std::int64_t now);
  Result<FolderId> plan_folder(Plan& plan, AccountAccess& access);

  std::shared_ptr<const Deliver> request_;
  std::size_t recipient_;
  ReceivedFile file_;
  Unique unique_;
  std::vector<std::pair<FolderId, FolderScan>> scans_;
};

class AppendOperation final : public RequestOperation<Append> {
 public:
  AppendOperation(Append message, ReceivedFiles files);
  const Quota* quota() const override { return &request.quota; }
  bool adds_data() const override { return true; }
  Result<void> plan(Plan& plan, AccountAccess& access) override;

 private:
  ReceivedFiles files_;
};

// --- messages (copying.cc, changing.cc)
class CopyOperation final : public RequestOperation<Copy> {
 public:
  using RequestOperation::RequestOperation;
  const Quota* quota() const override { return &request.quota; }
  bool adds_data() const override { return true; }
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class MoveOperation final : public RequestOperation<Move> {
 public:
  using RequestOperation::RequestOperation;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class StoreOperation final : public RequestOperation<Store> {
 public:
  using RequestOperation::RequestOperation;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class ExpungeOperation final : public RequestOperation<Expunge> {
 public:
  using RequestOperation::RequestOperation;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

// --- folders (folders.cc)
class CreateFolderOperation final : public RequestOperation<CreateFolder> {
 public:
  using RequestOperation::RequestOperation;
  bool adds_data() const override { return true; }
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class DeleteFolderOperation final : public RequestOperation<DeleteFolder> {
 public:
  using RequestOperation::RequestOperation;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class RenameFolderOperation final : public RequestOperation<RenameFolder> {
 public:
  using RequestOperation::RequestOperation;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class SubscribeOperation final : public RequestOperation<Subscribe> {
 public:
  using RequestOperation::RequestOperation;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

// --- rights and annotations (acl.cc, metadata.cc)
class SetAclOperation final : public RequestOperation<SetAcl> {
 public:
  using RequestOperation::RequestOperation;
  bool adds_data() const override { return !request.rights.empty(); }
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class GetAclOperation final : public RequestOperation<GetAcl> {
 public:
  using RequestOperation::RequestOperation;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class SetMetadataOperation final : public RequestOperation<SetMetadata> {
 public:
  using RequestOperation::RequestOperation;
  bool adds_data() const override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

class GetMetadataOperation final : public RequestOperation<GetMetadata> {
 public:
  using RequestOperation::RequestOperation;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
};

// --- mailboxes (mailboxes.cc)
class OpenMailboxOperation final : public RequestOperation<OpenMailbox> {
 public:
  using RequestOperation::RequestOperation;
  bool looks_at_files() const override { return true; }
  Result<void> prepare(AccountAccess& access) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;

 private:
  std::optional<FolderScan> scan_;
};

class OpenFileOperation final : public RequestOperation<OpenFile> {
 public:
  using RequestOperation::RequestOperation;
  bool looks_at_files() const override { return true; }
  Result<void> prepare(AccountAccess& access) override;
  Result<void> plan(Plan& plan, AccountAccess& access) override;
  UniqueFd file;

 private:
  std::optional<FolderScan> scan_;
};

// --- shared
struct NewFolder {
  std::string name;
  std::uint8_t special_use = 0;
  bool subscribe = false;
};
// Adds one folder whose name is legal and free; its parents must be there.
Result<FolderId> plan_folder(Plan& plan, AccountAccess& access, const NewFolder& folder);
// With the missing ones above it.
Result<FolderId> plan_folder_path(Plan& plan, AccountAccess& access, const NewFolder& folder);

// Copies the messages that exist into `target`; the reply is filled but for nothing.
Result<CopyResult> plan_copies(Plan& plan, FolderId source, const UidSet& existing, FolderId target, Modseq modseq);
void plan_expunge(Plan& plan, FolderId folder, const UidSet& existing, Modseq modseq);
UidSet existing_uids(const Folder& folder, const UidSet& wanted, const std::function<bool(const Message&)>& which);

Error no_such_mailbox();
Error over_quota();
bool exceeds(const Quota& quota, const Totals& totals, std::uint64_t bytes, std::uint64_t messages);
bool domain_exceeds(const Quota& quota, const Totals& domain, std::uint64_t bytes, std::uint64_t messages);
// What the account's domain holds, with what `plan` has planned so far.
Totals domain_totals(const AccountName& account, const Plan& plan, AccountAccess& access);
// Condition::over_quota if so much more does not fit the account or its domain.
Result<void> check_quota(const AccountName& account, const Quota& quota, const Plan& plan, AccountAccess& access,
                         const Totals& more);

// (transaction, account, recipient) -> the same 96 bits whenever it is repeated.
Unique delivery_unique(const TransactionId& transaction, const std::string& entry_uuid, std::uint32_t index);
Unique new_unique();

}  // namespace mailtree::store
