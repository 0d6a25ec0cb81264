// SPDX-License-Identifier: Apache-2.0
// COPY (RFC 9051 6.4.7) and MOVE (6.4.8): links in the file system, one record in the log.
#include <algorithm>

#include "store/daemon/operations/operations.h"

namespace mailtree::store {

UidSet existing_uids(const Folder& folder, const UidSet& wanted, const std::function<bool(const Message&)>& which) {
  UidSet found;
  for (const UidRange& range : normalized(wanted)) {
    auto at = std::lower_bound(folder.messages.begin(), folder.messages.end(), range.first,
                               [](const Message& message, Uid uid) { return message.uid < uid; });
    for (; at != folder.messages.end() && at->uid <= range.last; ++at) {
      if (which(*at)) add_uid(found, at->uid);
    }
  }
  return found;
}

Result<CopyResult> plan_copies(Plan& plan, FolderId source_id, const UidSet& existing, FolderId target_id,
                               Modseq modseq) {
  const Folder& source = *plan.state.find(source_id);
  const Folder& target = *plan.state.find(target_id);
  const Result<void> possible = check_keywords(target, source.keywords);
  if (!possible) return possible.error();
  CopyResult result;
  result.uidvalidity = target.uidvalidity;
  result.modseq = modseq;
  result.source = existing;
  for (const UidRange& range : existing) {
    for (Uid uid = range.first;; ++uid) {
      Message message = *source.find(uid);
      std::vector<std::string> names;
      const KeywordSet set = source.keywords_of(message);
      for (std::size_t i = 0; !set.empty() && i < source.keywords.size(); ++i) {
        if (set.has(i)) names.push_back(source.keywords[i]);
      }
      const Result<KeywordSet> keywords = plan_keywords(plan, target_id, names);
      if (!keywords) return keywords.error();
      const std::string from = name_of(plan.state, source, message);
      message.uid = target.uidnext;
      message.modseq = modseq;
      message.name_flags = message.flags;
      message.save_date = plan.now;
      plan_directory(plan, target);
      plan.actions.push_back(file_action::LinkMessage{source.directory, from, message.size, target.directory,
                                                      name_of(plan.state, target, message)});
      plan.add(entry::Arrived{target_id, message, *keywords});
      add_uid(result.target, message.uid);
      if (uid == range.last) break;
    }
  }
  return result;
}

void plan_expunge(Plan& plan, FolderId id, const UidSet& existing, Modseq modseq) {
  const Folder& folder = *plan.state.find(id);
  for (const UidRange& range : existing) {
    for (Uid uid = range.first;; ++uid) {
      plan.clean_ups.push_back({folder.directory, name_of(plan.state, folder, *folder.find(uid))});
      if (uid == range.last) break;
    }
  }
  plan.add(entry::Expunged{id, existing, modseq});
}

namespace {

const auto any_message = [](const Message&) { return true; };

}  // namespace

Result<void> CopyOperation::plan(Plan& plan, AccountAccess& access) {
  const Folder* const source = plan.state.find(request.source);
  const Folder* const target = plan.state.find(request.target);
  if (source == nullptr || target == nullptr) return no_such_mailbox();
  Totals more;
  const UidSet existing = existing_uids(*source, request.uids, [&](const Message& message) {
    more.bytes += message.crlf_size;
    ++more.messages;
    return true;
  });
  reply.uidvalidity = target->uidvalidity;
  if (existing.empty()) return {};
  const Result<void> fits = check_quota(account, request.quota, plan, access, more);
  if (!fits) return fits;
  auto copied = plan_copies(plan, source->id, existing, target->id, plan.next_modseq());
  if (!copied) return copied.error();
  reply = std::move(*copied);
  return {};
}

Result<void> MoveOperation::plan(Plan& plan, AccountAccess&) {
  const Folder* const source = plan.state.find(request.source);
  const Folder* const target = plan.state.find(request.target);
  if (source == nullptr || target == nullptr) return no_such_mailbox();
  const UidSet existing = existing_uids(*source, request.uids, any_message);
  reply.uidvalidity = target->uidvalidity;
  if (existing.empty()) return {};
  const Modseq modseq = plan.next_modseq();
  auto copied = plan_copies(plan, source->id, existing, target->id, modseq);
  if (!copied) return copied.error();
  reply = std::move(*copied);
  plan_expunge(plan, source->id, existing, modseq);
  return {};
}

}  // namespace mailtree::store
