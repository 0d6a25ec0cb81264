// SPDX-License-Identifier: Apache-2.0
// Account: one account while it is in use: its state, its log, and the order in which a batch of operations becomes
// durable and visible. Synchronous; whoever calls is the only one (accounts.h sees to it), on any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "store/daemon/index_writer.h"
#include "store/daemon/log_file.h"
#include "store/daemon/operation.h"
#include "store/daemon/partition.h"
#include "store/messages.h"

namespace mailtree::store {

// A way through the names of an account, some messages at a time.
struct NamePass {
  AccountName account;
  FolderId folder = no_folder;  // the last message looked at
  Uid uid = 0;
  std::size_t named = 0;  // so far
  bool finished = false;  // all are looked at, or one has failed
  std::unique_ptr<Error> failure;
};

class Account {
 public:
  Account(Partition& partition, IndexWriter& index, const Clock& clock, AccountPlace place, LogLimits limits = {});
  Account(Partition& partition, IndexWriter& index, const Clock& clock, const AccountName& name, LogLimits limits = {})
      : Account(partition, index, clock, account_place(name), limits) {}

  // Plans, carries out, records and publishes the operations; their outcomes are set. Afterwards replies may be sent,
  // then the notices, then clean_up() must be called.
  void run(std::span<const std::shared_ptr<Operation>> batch);
  [[nodiscard]] std::vector<ChangeNotice> take_notices() { return std::exchange(notices_, {}); }
  // Removes the names of what is gone, and rewrites a log that is mostly garbage.
  [[nodiscard]] bool needs_clean_up() const;
  void clean_up();

  // Whose account it is, if a session or a change of flags has come upon names that do not show the flags of their
  // messages since this was asked last; else null. Good until the next call that is not const.
  [[nodiscard]] const AccountName* take_names_behind() {
    return std::exchange(names_behind_, false) && loaded_ ? &loaded_->state.name : nullptr;
  }
  // Renames files of the next messages, at most `limit`, as their flags are; durable, recorded, published. Loads the
  // account if need be. Files that another program has renamed meanwhile are left to the next scan. After an error
  // (`pass.failure`) all is as before for those that are not done.
  void show_flags(NamePass& pass, std::size_t limit);

  // After an exception, whose cause is a bug: nothing in memory counts any more.
  void abandon(const std::string& cause);
  // False while a doubt about the log or a file exists only in memory.
  [[nodiscard]] bool may_be_evicted() const {
    return !trusted_ && !log_name_doubtful_ && doubts_.empty() && leftovers_.empty();
  }

  [[nodiscard]] bool is_loaded() const { return loaded_.has_value(); }
  // What the log says, without loading the account or changing anything. Zeros if there is no account.
  [[nodiscard]] Result<Totals> totals() const;

  [[nodiscard]] AccountKey key() const { return indexed_.key; }
  [[nodiscard]] std::uint64_t weight() const;  // rough octets of memory

 private:
  struct Loaded {
    UniqueFd directory;
    LogFile log;
    AccountState state;
    bool settled = true;  // the names of the log and of all directories above it are durable
    Loaded(UniqueFd d, LogFile l, AccountState s) : directory(std::move(d)), log(std::move(l)), state(std::move(s)) {}
  };

  // File work whose record may or may not be in the log: it must stay as long as the record may. The work goes by the
  // number of the directory's descriptor, which therefore stays open.
  struct Unrecorded {
    UniqueFd directory;
    std::unique_ptr<FileWork> work;
  };

  // Leaves loaded_ empty if there is no such account and none was to be made.
  Result<void> load(const AccountName& name, bool create);
  Result<void> load_log(UniqueFd directory, const AccountName& name);
  Result<void> rescue(UniqueFd directory, const AccountName& name, AccountState state, const std::string& problem);
  Result<void> create(const AccountName& name);
  Result<void> start_over(int directory, LogFile::Loaded& found, const Shown& shown);
  Result<void> settle(int directory);
  Result<LogFile> replace_log(int directory, const AccountState& state, Forgetting forgetting = Forgetting::nothing);
  // Whether what is loaded still is what lies on the disk; if not, nothing is loaded any more.
  Result<void> check_in_place();
  Result<void> check_seen();
  void adopt_index(const std::optional<Shown>& shown);
  [[nodiscard]] bool belongs_to(const Operation& operation) const;

  Result<void> settle_once();
  Result<void> name_files(NamePass& pass, std::size_t limit);
  Result<void> record_names(std::unique_ptr<FileWork> work, const std::vector<Entry>& entries);

  void run_once(std::span<const std::shared_ptr<Operation>> batch);
  // After an operation met something missing: true if it was a folder's directory, which is there again.
  bool mend_folders(const AccountName& name);
  Result<void> plan_all(std::span<const std::shared_ptr<Operation>> batch, Plan& plan);
  Result<void> carry_out(Plan& plan, bool may_use_ballast);
  Result<void> work_on_files(FileWork& work, const std::vector<FileAction>& actions, bool may_use_ballast);
  void look_again();  // through every folder, when it is opened next
  // After `error`: whether the disk was full and trying once more may help.
  bool made_room(const Error& error);
  void undo(FileWork& work);
  void undo_when_replaced(std::unique_ptr<FileWork> work, const LogPosition& before);
  Result<void> undo_unrecorded(int directory);
  Result<void> remove_leftovers();
  void warn_of_quota(const Totals& before) const;
  void note_list();
  void publish(const std::vector<Entry>& entries, bool wanted);
  void note_changes(const std::vector<Entry>& entries);
  [[nodiscard]] bool is_reconciled(FileWork& work) const;
  void forget(const Error& cause);

  Partition& partition_;
  IndexWriter& index_;
  const Clock& clock_;
  const AccountPlace place_;
  const LogLimits log_limits_;
  IndexedAccount indexed_;
  std::optional<Loaded> loaded_;
  bool published_ = false;
  bool row_is_old_ = false;  // in something that is not in the log
  FolderWatches watches_;
  Doubts doubts_;
  std::vector<Entry> soft_;  // applied, to be recorded with the next commit; may be lost
  std::vector<CleanUp> clean_ups_;
  std::vector<CleanUp> leftovers_;  // files of refused operations that could not be removed at once
  std::vector<ChangeNotice> notices_;
  bool names_behind_ = false;
  Quota quota_;                         // as somebody told it last
  std::optional<LogPosition> trusted_;  // end of the log on disk before a failed append
  bool log_name_doubtful_ = false;      // its sync failed: a later one that succeeds says nothing of it
  std::optional<Unrecorded> to_undo_;   // what that append spoke of
};

// The state of a new account: INBOX, and Sent, Drafts, Trash and Junk if wanted. Directories are not made here: that of
// INBOX is made with the account, the others with their first message. Takes numbers from the partition's UIDVALIDITY
// counter.
Result<AccountState> first_state(Partition& partition, const AccountName& name, bool with_default_folders);

// For a state whose first records are lost: the owner, INBOX, and the folders whose directories are on the disk, by the
// numbers that their files carry. What is there already stays; new ones get new UIDVALIDITYs.
Result<void> complete_state(Partition& partition, int directory, const AccountName& name, AccountState& state);

// A new account directory with its default folders, complete and durable before it gets its name, which is durable too
// on return. What a crash left of earlier attempts in the same bucket is removed.
struct NewAccount {
  UniqueFd directory;
  LogFile log;
  AccountState state;
};
Result<NewAccount> create_account(Partition& partition, const AccountPlace& place, const AccountName& name,
                                  std::int64_t now);

constexpr Uid salvage_uid_gap = 10000;         // uids given out in lost records must not come again
constexpr Modseq lost_modseq_gap = 1'000'000;  // nor modseqs
constexpr FolderId salvage_folder_gap = 1000;  // nor folder numbers

// Everything in the account becomes news of `modseq`: a client that saw what is lost now has to ask for all of it.
void renew_modseqs(AccountState& state, Modseq modseq);

// What the file names of the folders tell beyond a log that could not be read to its end. An error if a folder cannot
// be listed: its mail must not be taken for gone.
Result<void> salvage_names(loop::Disk& disk, int directory, AccountState& state, std::int64_t now);

}  // namespace mailtree::store
