// SPDX-License-Identifier: Apache-2.0
// Plan: what a batch of operations makes of an account, before any of it is on disk. Adding an entry changes the state
// in memory at once; if the plan then fails on disk, that state is thrown away and read again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/unique_fd.h"
#include "store/daemon/entry.h"

namespace mailtree::store {

// Files first: all of these are done and durable before the record is written. Directories are folder directories as in
// Folder::directory, names stand in their cur/.
namespace file_action {
struct MakeFolder {  // with cur, new and tmp
  std::string directory;
};
struct TakeInFolder {  // that another program made, or a crash left: completed and durable
  std::string directory;
};
struct NeedFolder {  // its first message comes: made if it is missing, durable in any case
  std::string directory;
};
struct LinkFile {  // an open file whose data is durable
  std::shared_ptr<UniqueFd> file;
  std::uint64_t size = 0;
  std::string directory;
  std::string name;
};
struct LinkMessage {
  std::string from_directory;
  std::string from_name;
  std::uint64_t size = 0;
  std::string directory;
  std::string name;
};
struct TakeIn {  // a foreign file gets our form of name; its data is synced first
  std::string from_directory;
  bool from_new = false;  // new/ instead of cur/
  std::string from_name;
  std::string name;
};
struct SyncNames {  // those in cur/ that are there become durable
  std::string directory;
};
struct SetAside {  // to <account>/aside: nothing is deleted that was not understood
  std::string from_directory;
  std::string from_name;
};
}  // namespace file_action
using FileAction =
    std::variant<file_action::MakeFolder, file_action::TakeInFolder, file_action::NeedFolder, file_action::LinkFile,
                 file_action::LinkMessage, file_action::TakeIn, file_action::SyncNames, file_action::SetAside>;

// Names last: only after the record, and after the reply.
struct CleanUp {
  std::string directory;
  std::string name;  // empty: the folder directory itself with all in it
};

class Plan {
 public:
  Plan(AccountState& account_state, std::int64_t seconds)
      : state(account_state), totals_before(account_state.totals), now(seconds) {}

  AccountState& state;
  const Totals totals_before;  // those that the domain's sum knows
  const std::int64_t now;      // seconds since 1970
  std::vector<Entry> entries;
  std::vector<FileAction> actions;
  std::vector<CleanUp> clean_ups;

  // Operations check everything first and add only what must succeed: a contradiction is a bug and fails the batch.
  void add(Entry entry) {
    const Result<void> applied = apply(state, entry, now);
    if (!applied && !failure) failure = std::make_unique<Error>(applied.error());
    entries.push_back(std::move(entry));
  }
  // For the one operation that adds entries next.
  [[nodiscard]] Modseq next_modseq() const { return state.modseq + 1; }
  std::unique_ptr<Error> failure;
};

// The current name of a message's file.
std::string name_of(const AccountState& state, const Folder& folder, const Message& message);
// The name it has once it is in `folder`.
std::string name_of(const AccountState& state, FolderId folder, const Message& message);

// To be called before a message is added to the folder: a folder without messages may have no directory yet, or one
// that a process made which was killed before it had synced it. That of INBOX comes with the account.
void plan_directory(Plan& plan, const Folder& folder);

// Numbers of the keywords in the folder; unknown ones are added to it. Condition::limit if there are too many.
Result<KeywordSet> plan_keywords(Plan& plan, FolderId folder, const std::vector<std::string>& keywords);
// Whether the keywords could be added (nothing is changed).
Result<void> check_keywords(const Folder& folder, const std::vector<std::string>& keywords);

}  // namespace mailtree::store
