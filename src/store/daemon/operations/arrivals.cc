// SPDX-License-Identifier: Apache-2.0
// Deliver and Append: new messages from open files whose data is durable already.
#include <algorithm>

#include "net/digest.h"
#include "store/daemon/append_set.h"
#include "store/daemon/folder_names.h"
#include "store/daemon/operations/operations.h"
#include "store/daemon/thread.h"
#include "store/octets.h"

namespace mailtree::store {
namespace {

Unique unique_of(const std::string& octets) {
  Unique unique{};
  std::copy_n(octets.begin(), unique.size(), unique.begin());
  return unique;
}

std::int64_t date_or_now(std::int64_t date, std::int64_t now) {
  return date > 0 ? date : now;
}

}  // namespace

Unique delivery_unique(const TransactionId& transaction, const std::string& entry_uuid, std::uint32_t index) {
  std::string octets(reinterpret_cast<const char*>(transaction.data()), transaction.size());
  put_string(octets, entry_uuid);
  put_little(octets, index);
  return unique_of(net::sha256(octets));
}

Unique new_unique() {
  return unique_of(net::random_octets(12));
}

DeliverOperation::DeliverOperation(std::shared_ptr<const Deliver> request, std::size_t recipient, ReceivedFile file)
    : Operation(request->recipients[recipient].account),
      request_(std::move(request)),
      recipient_(recipient),
      file_(std::move(file)),
      unique_(delivery_unique(request_->transaction, account.entry_uuid, this->recipient().index)) {
  result.index = this->recipient().index;
}

// A repetition waits until the folders are reconciled: a file that was linked without a record is a message by then.
Result<void> DeliverOperation::prepare(AccountAccess& access) {
  if (!request_->again) return {};
  for (const auto& [id, folder] : access.state.folders) {
    const auto due = scan_is_due(access, folder);
    if (!due) return due.error();
    if (!*due) continue;
    auto scan = scan_folder(access, folder);
    if (!scan) return scan.error();
    scans_.emplace_back(id, std::move(*scan));
  }
  return {};
}

// A delivery not marked as a repetition is still compared with what came lately: a sender may have lost its memory.
bool DeliverOperation::find_duplicate(const AccountState& state, std::int64_t now) {
  const std::uint64_t mark = mark_of(unique_);
  for (const auto& [id, folder] : state.folders) {
    for (auto at = folder.messages.rbegin(); at != folder.messages.rend(); ++at) {
      if (!request_->again && at->save_date < now - recent_seconds) break;
      if (at->unique != unique_) continue;
      result.folder = id;
      result.uid = at->uid;
      return true;
    }
    for (auto at = folder.tombstones.rbegin(); at != folder.tombstones.rend(); ++at) {
      if (!request_->again && at->time < now - recent_seconds) break;
      if (at->mark == mark && at->time >= now - mark_seconds) return true;
    }
  }
  return state.marks.contains(mark);
}

Result<FolderId> DeliverOperation::plan_folder(Plan& plan, AccountAccess& access) {
  if (recipient().folder.empty()) return inbox_folder;
  const Result<std::string> name = folder_name(recipient().folder);
  if (!name) return inbox_folder;
  const Folder* const folder = plan.state.find_by_name(*name);
  if (folder != nullptr) return folder->id;
  if (!recipient().create_folder) return inbox_folder;
  return plan_folder_path(plan, access, {*name, special_use::none, true});
}

Result<void> DeliverOperation::plan(Plan& plan, AccountAccess& access) {
  for (const auto& [id, scan] : scans_) plan_scan(plan, id, scan);
  if (find_duplicate(plan.state, plan.now)) {
    result.delivered = true;
    result.duplicate = true;
    return {};
  }
  const Result<FolderId> id = plan_folder(plan, access);
  if (!id) return id.error();
  // Keywords are wishes of a filter: those that cannot be are left out rather than the message.
  const Result<KeywordSet> keywords = plan_keywords(plan, *id, recipient().keywords);
  const Folder& folder = *plan.state.find(*id);
  Message message;
  message.uid = folder.uidnext;
  message.flags = recipient().flags & flag::all;
  message.name_flags = message.flags;
  message.unique = unique_;
  message.modseq = plan.next_modseq();
  message.internal_date = date_or_now(request_->received_at, plan.now);
  message.save_date = plan.now;
  message.size = request_->size;
  message.crlf_size = std::max(request_->crlf_size, request_->size);
  message.thread = thread_of(file_.thread, unique_);
  plan_directory(plan, folder);
  plan.actions.push_back(
      file_action::LinkFile{file_.file, message.size, folder.directory, name_of(plan.state, folder, message)});
  plan.add(entry::Arrived{*id, message, keywords ? *keywords : KeywordSet{}});
  result.delivered = true;
  result.folder = *id;
  result.uid = message.uid;
  return {};
}

AppendOperation::AppendOperation(Append message, ReceivedFiles files)
    : RequestOperation(std::move(message)), files_(std::move(files)) {}

Result<void> AppendOperation::plan(Plan& plan, AccountAccess& access) {
  const Folder* const folder = plan.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  Totals more;
  more.messages = request.messages.size();
  std::vector<std::string> all_keywords;
  for (const AppendMessage& wanted : request.messages) {
    more.bytes += std::max(wanted.crlf_size, wanted.size);
    all_keywords.insert(all_keywords.end(), wanted.keywords.begin(), wanted.keywords.end());
  }
  const Result<void> fits = check_quota(account, request.quota, plan, access, more);
  if (!fits) return fits;
  const Result<void> possible = check_keywords(*folder, all_keywords);
  if (!possible) return possible;

  reply.uidvalidity = folder->uidvalidity;
  reply.modseq = plan.next_modseq();
  const std::vector<Unique> uniques = new_uniques(folder->object, request.messages.size());
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    const AppendMessage& wanted = request.messages[i];
    const Result<KeywordSet> keywords = plan_keywords(plan, folder->id, wanted.keywords);
    if (!keywords) return keywords.error();
    Message message;
    message.uid = folder->uidnext;
    message.flags = wanted.flags & flag::all;
    message.name_flags = message.flags;
    message.unique = uniques[i];
    message.modseq = reply.modseq;
    message.internal_date = date_or_now(wanted.internal_date, plan.now);
    message.save_date = plan.now;
    message.size = wanted.size;
    message.crlf_size = std::max(wanted.crlf_size, wanted.size);
    message.thread = thread_of(files_[i].thread, message.unique);
    plan_directory(plan, *folder);
    plan.actions.push_back(
        file_action::LinkFile{files_[i].file, message.size, folder->directory, name_of(plan.state, *folder, message)});
    plan.add(entry::Arrived{folder->id, message, *keywords});
    add_uid(reply.uids, message.uid);
  }
  return {};
}

}  // namespace mailtree::store
