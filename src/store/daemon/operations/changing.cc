// SPDX-License-Identifier: Apache-2.0
// STORE (RFC 9051 6.4.6, RFC 7162 3.1.3) and EXPUNGE (RFC 9051 6.4.3, 6.4.9).
#include "store/daemon/operations/operations.h"

namespace mailtree::store {
namespace {

struct FlagChange {
  std::uint8_t clear = 0;
  std::uint8_t set = 0;
  KeywordSet clear_keywords;
  KeywordSet set_keywords;

  [[nodiscard]] bool changes(const Folder& folder, const Message& message) const {
    if (((message.flags & ~clear) | set) != message.flags) return true;
    const KeywordSet& have = folder.keywords_of(message);
    for (std::size_t i = 0; i < have.bits.size(); ++i) {
      if (((have.bits[i] & ~clear_keywords.bits[i]) | set_keywords.bits[i]) != have.bits[i]) return true;
    }
    return false;
  }
};

// Keywords that nobody has need not be created to be removed.
std::vector<std::string> known_only(const Folder& folder, const std::vector<std::string>& keywords) {
  std::vector<std::string> known;
  for (const std::string& keyword : keywords) {
    if (folder.keyword_number(keyword) != max_keywords) known.push_back(keyword);
  }
  return known;
}

FlagChange change_of(FlagMode mode, std::uint8_t flags, const KeywordSet& keywords) {
  FlagChange change;
  switch (mode) {
    case FlagMode::add:
      change.set = flags;
      change.set_keywords = keywords;
      break;
    case FlagMode::remove:
      change.clear = flags;
      change.clear_keywords = keywords;
      break;
    case FlagMode::replace:
      change.clear = flag::all;
      change.set = flags;
      change.clear_keywords.bits.fill(~std::uint64_t{0});
      change.set_keywords = keywords;
      break;
  }
  return change;
}

}  // namespace

Result<void> StoreOperation::plan(Plan& plan, AccountAccess&) {
  const Folder* const folder = plan.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  if (request.mode > static_cast<std::uint8_t>(FlagMode::remove)) return Error::protocol("Unknown flag mode");
  const auto mode = static_cast<FlagMode>(request.mode);
  const auto wanted = mode == FlagMode::remove ? known_only(*folder, request.keywords) : request.keywords;
  const Result<KeywordSet> keywords = plan_keywords(plan, folder->id, wanted);
  if (!keywords) return keywords.error();
  const FlagChange change = change_of(mode, request.flags & flag::all, *keywords);
  const auto is_newer = [this](const Message& message) {
    return request.conditional && message.modseq > request.unchanged_since;
  };
  reply.failed = existing_uids(*folder, request.uids, is_newer);
  reply.changed = existing_uids(*folder, request.uids, [&](const Message& message) {
    return !is_newer(message) && change.changes(*folder, message);
  });
  if (reply.changed.empty()) return {};
  reply.modseq = plan.next_modseq();
  plan.add(entry::FlagsChanged{folder->id, reply.changed, reply.modseq, change.clear, change.set, change.clear_keywords,
                               change.set_keywords});
  return {};
}

Result<void> ExpungeOperation::plan(Plan& plan, AccountAccess&) {
  const Folder* const folder = plan.state.find(request.folder);
  if (folder == nullptr) return no_such_mailbox();
  if (request.mode > static_cast<std::uint8_t>(ExpungeMode::exactly)) return Error::protocol("Unknown expunge mode");
  const auto mode = static_cast<ExpungeMode>(request.mode);
  const UidSet everything = {{1, UINT32_MAX}};
  const auto is_due = [mode](const Message& message) {
    return mode == ExpungeMode::exactly || (message.flags & flag::deleted) != 0;
  };
  reply.expunged = existing_uids(*folder, mode == ExpungeMode::deleted_all ? everything : request.uids, is_due);
  if (reply.expunged.empty()) return {};
  reply.modseq = plan.next_modseq();
  plan_expunge(plan, folder->id, reply.expunged, reply.modseq);
  return {};
}

}  // namespace mailtree::store
