// SPDX-License-Identifier: Apache-2.0
// The records of a MOVE to another account.
#include "store/daemon/operations/transfer.h"

#include <algorithm>

namespace mailtree::store {
namespace {

// The name in the log, or the one that another program has given it since: flags are at the end.
Result<UniqueFd> open_file(AccountAccess& access, const Folder& folder, const Message& message) {
  const std::string cur = folder.directory + "/cur";
  const std::string name = name_of(access.state, folder, message);
  auto file = access.disk.open(access.directory, cur + "/" + name, loop::Disk::Access::read);
  if (file || !loop::is_missing(file.error())) return file;
  const auto directory = access.disk.open(access.directory, cur, loop::Disk::Access::directory);
  if (!directory) return directory.error();
  const auto names = access.disk.list(directory->get());
  if (!names) return names.error();
  const std::string_view base = std::string_view(name).substr(0, name.rfind(":2,") + 3);
  const auto is_it = [base](const std::string& one) { return one.starts_with(base); };
  const auto found = std::find_if(names->begin(), names->end(), is_it);
  if (found == names->end()) return file;
  return access.disk.open(directory->get(), *found, loop::Disk::Access::read);
}

std::vector<std::string> keywords_of(const Folder& folder, const Message& message) {
  const KeywordSet& set = folder.keywords_of(message);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < folder.keywords.size(); ++i) {
    if (set.has(i)) names.push_back(folder.keywords[i]);
  }
  return names;
}

}  // namespace

DepartOperation::DepartOperation(const MoveToAccount& request, std::uint64_t number)
    : Operation(request.account), request_(request), number_(number) {}

Result<void> DepartOperation::plan(Plan& plan, AccountAccess&) {
  const Folder* const folder = plan.state.find(request_.source);
  if (folder == nullptr) return no_such_mailbox();
  std::size_t left = max_transfer;
  const auto is_one = [&left](const Message&) { return left != 0 && left-- != 0; };
  leaving = existing_uids(*folder, request_.uids, is_one);
  if (leaving.empty()) return {};
  plan.add(entry::Leaving{number_, request_.source, leaving, request_.target_account, request_.target});
  return {};
}

Result<void> CollectOperation::absent(Partition&, std::int64_t) {
  return {};
}

Result<void> CollectOperation::prepare(AccountAccess& access) {
  const auto found = access.state.departures.find(number_);
  if (found == access.state.departures.end()) return {};
  const Folder* const folder = access.state.find(found->second.folder);
  if (folder != nullptr) {
    const auto any = [](const Message&) { return true; };
    for (const UidRange& range : existing_uids(*folder, found->second.uids, any)) {
      for (Uid uid = range.first;; ++uid) {
        const Message& message = *folder->find(uid);
        auto file = open_file(access, *folder, message);
        if (!file) return file.error();
        travellers.push_back({message, keywords_of(*folder, message), std::make_shared<UniqueFd>(std::move(*file))});
        if (uid == range.last) break;
      }
    }
  }
  departure = found->second;
  return {};
}

Result<void> CollectOperation::plan(Plan&, AccountAccess&) {
  return {};
}

ExpectOperation::ExpectOperation(const CollectOperation& collected, std::uint64_t number, Quota quota)
    : Operation(collected.departure->target),
      source_(collected.account),
      number_(number),
      quota_(quota),
      folder_(collected.departure->target_folder) {
  for (const Traveller& traveller : collected.travellers) {
    marks_.push_back(mark_of(traveller.message.unique));
    more_.bytes += traveller.message.crlf_size;
    ++more_.messages;
  }
}

Result<void> ExpectOperation::absent(Partition&, std::int64_t) {
  return no_such_mailbox();
}

Result<void> ExpectOperation::plan(Plan& plan, AccountAccess& access) {
  if (plan.state.arrivals.contains(number_)) return {};
  if (plan.state.find(folder_) == nullptr) return no_such_mailbox();
  const Result<void> fits = check_quota(account, quota_, plan, access, more_);
  if (!fits) return fits;
  plan.add(entry::Coming{number_, source_, marks_});
  return {};
}

ArriveOperation::ArriveOperation(const CollectOperation& collected, std::uint64_t number)
    : Operation(collected.departure->target),
      number_(number),
      folder_(collected.departure->target_folder),
      travellers_(collected.travellers) {}

Result<void> ArriveOperation::plan(Plan& plan, AccountAccess&) {
  const auto arrival = plan.state.arrivals.find(number_);
  if (arrival == plan.state.arrivals.end()) return Error::temporary(Condition::none, "transfer was not announced");
  if (arrival->second.came) return {};
  const Folder* const folder = plan.state.find(folder_);
  if (folder == nullptr) return no_such_mailbox();
  std::vector<std::string> all_keywords;
  for (const Traveller& traveller : travellers_) {
    all_keywords.insert(all_keywords.end(), traveller.keywords.begin(), traveller.keywords.end());
  }
  std::sort(all_keywords.begin(), all_keywords.end());
  all_keywords.erase(std::unique(all_keywords.begin(), all_keywords.end()), all_keywords.end());
  const Result<void> possible = check_keywords(*folder, all_keywords);
  if (!possible) return possible;

  result.uidvalidity = folder->uidvalidity;
  const Modseq modseq = plan.next_modseq();
  for (const Traveller& traveller : travellers_) {
    const Result<KeywordSet> keywords = plan_keywords(plan, folder_, traveller.keywords);
    if (!keywords) return keywords.error();
    Message message = traveller.message;
    message.uid = folder->uidnext;
    message.modseq = modseq;
    message.name_flags = message.flags;
    message.save_date = plan.now;
    plan_directory(plan, *folder);
    plan.actions.push_back(
        file_action::LinkFile{traveller.file, message.size, folder->directory, name_of(plan.state, *folder, message)});
    plan.add(entry::Arrived{folder_, message, *keywords});
    add_uid(result.source, traveller.message.uid);
    add_uid(result.target, message.uid);
  }
  plan.add(entry::Came{number_});
  return {};
}

Result<void> LeaveOperation::plan(Plan& plan, AccountAccess&) {
  const auto departure = plan.state.departures.find(number_);
  if (departure == plan.state.departures.end()) return {};
  const Folder* const folder = plan.state.find(departure->second.folder);
  if (came_ && folder != nullptr) {
    const auto any = [](const Message&) { return true; };
    const UidSet existing = existing_uids(*folder, departure->second.uids, any);
    modseq = plan.next_modseq();
    if (!existing.empty()) plan_expunge(plan, folder->id, existing, modseq);
  }
  plan.add(entry::Left{number_});
  return {};
}

Result<void> SettleOperation::absent(Partition&, std::int64_t) {
  return {};
}

Result<void> SettleOperation::plan(Plan& plan, AccountAccess&) {
  if (plan.state.arrivals.contains(number_)) plan.add(entry::Settled{number_});
  return {};
}

}  // namespace mailtree::store
