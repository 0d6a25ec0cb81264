// SPDX-License-Identifier: Apache-2.0
// A storage partition: its identity, the exclusive right to change it, its generation and its UIDVALIDITY counter.
//
// A lock keeps a second process of this machine out. On a file system that several machines share it may not: therefore
// each opening writes itself into `owner`, and who finds another one there has lost the partition and changes nothing
// any more. What was acknowledged before is whole: a record counts only if the partition was still ours once it was
// durable, and who opens the partition reads accounts only after his `owner` is durable.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"
#include "store/daemon/ballast.h"
#include "store/daemon/opening.h"
#include "store/daemon/usage.h"
#include "store/types.h"

namespace mailtree::store {

// Where an account lies below its partition: <domain>/<hh>/<uid>.
struct AccountPlace {
  std::string domain;
  std::string bucket;  // two hex digits, so that no directory gets too many entries
  std::string leaf;    // uid case-folded, percent-encoded
  [[nodiscard]] std::string path() const { return domain + "/" + bucket + "/" + leaf; }
};

constexpr std::int64_t default_quota_grace_seconds = 120 * 3600;
constexpr unsigned default_quota_warning_percent = 90;

class Partition {
 public:
  // Makes an empty partition in an existing directory: partition.toml with a new id. Fails if there is one.
  static Result<void> create(loop::Disk& disk, const std::string& path);
  // Refuses without partition.toml (not mounted: nothing may be written) and while another process has it. `outside`:
  // local directories in which each opening is noted as well; what they know tells a partition that was put back.
  static Result<std::unique_ptr<Partition>> open(loop::Disk& disk, const std::string& path, const std::string& host,
                                                 std::vector<std::string> outside = {});

  [[nodiscard]] loop::Disk& disk() const { return disk_; }
  [[nodiscard]] int directory() const { return directory_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] const std::string& instance() const { return instance_; }
  // What `owner` said when we came, and the last opening before ours that anything is known of.
  [[nodiscard]] const Opening& before() const { return before_; }
  [[nodiscard]] const std::string& newest_instance() const { return newest_instance_; }
  // All that is known outside agrees with what `owner` said.
  [[nodiscard]] bool is_witnessed() const { return witnessed_; }

  // Accounts whose last record is of an older generation get a new log before anything else is written: a process that
  // may live on elsewhere can have the old one open, or the account may be older than what was shown of it.
  [[nodiscard]] std::uint64_t renew_before() const { return std::max(fenced_, restored_); }
  // Before that generation the partition was put back, to what it was in the generation restored_to().
  [[nodiscard]] std::uint64_t restored() const { return restored_; }
  [[nodiscard]] std::uint64_t restored_to() const { return restored_to_; }

  // An error if another opening stands in `owner`: for good then, with an alarm; or if that cannot be told now. One
  // look at the directory entry (a microsecond) as long as nothing changed. Any thread.
  Result<void> check_ours();
  [[nodiscard]] bool is_lost() const { return lost_; }
  // The process ends in order: nothing of ours is changed any more. The next one need not fence us off.
  Result<void> release();
  [[nodiscard]] Usage& usage() { return usage_; }
  void give_up_ballast() { ballast_.give_up(disk_, directory()); }
  Result<void> make_ballast() {
    const Result<void> ours = check_ours();
    return ours ? ballast_.make(disk_, directory(), free_octets(directory())) : ours;
  }
  // How long mail to a full account or domain is refused for now only. Set before others use the partition.
  [[nodiscard]] std::int64_t quota_grace_seconds() const { return quota_grace_seconds_; }
  void set_quota_grace_seconds(std::int64_t seconds) { quota_grace_seconds_ = seconds; }
  // What part of its quota an account may hold before an arrival is worth a warning; 0: never. As above.
  [[nodiscard]] unsigned quota_warning_percent() const { return quota_warning_percent_; }
  void set_quota_warning_percent(unsigned percent) { quota_warning_percent_ = percent; }
  // A small file of the partition itself; Condition::no_such_message if there is none. write() replaces it durably, as
  // a whole or not at all; one caller a name at a time. Any thread.
  Result<std::string> read(const std::string& name, std::uint64_t max_octets) const;
  Result<void> write(const std::string& name, const std::string& content);
  // Never given before in this partition, whatever was restored or deleted. Any thread.
  Result<std::uint32_t> next_uidvalidity();
  // Makes the names of the directories above an account durable: once a run, because an earlier process may have been
  // killed between making and syncing them. Any thread.
  Result<void> settle_parents(const AccountPlace& place);
  [[nodiscard]] bool is_settled(const AccountPlace& place);
  void unsettle(const AccountPlace& place);

 private:
  Partition(loop::Disk& disk, std::string path, std::string host, std::vector<std::string> outside);
  Result<void> lock();
  Result<void> take_over();
  void compare_with_outside(Opening& newest);
  bool was_restored_by_hand();
  [[nodiscard]] bool may_live_on(const Opening& before) const;
  Result<void> write_owner();
  Result<void> check_ours_locked();

  loop::Disk& disk_;
  std::string path_;
  std::string host_;
  UniqueFd directory_;
  UniqueFd lock_;
  std::string id_;
  const std::vector<std::string> outside_;
  std::uint64_t generation_ = 0;
  std::string instance_;
  std::string boot_id_;
  std::uint64_t lock_inode_ = 0;
  Opening before_;
  std::string newest_instance_;
  bool witnessed_ = true;
  bool rolled_back_ = false;
  std::uint64_t fenced_ = 0, restored_ = 0, restored_to_ = 0;
  std::atomic<bool> lost_ = false;
  Usage usage_;
  Ballast ballast_;
  std::int64_t quota_grace_seconds_ = default_quota_grace_seconds;
  unsigned quota_warning_percent_ = default_quota_warning_percent;
  std::mutex mutex_;  // guards what is below
  loop::FileStatus owner_status_;  // of `owner` as we wrote it
  bool released_ = false;
  std::uint32_t next_uidvalidity_ = 0;
  std::set<std::string> settled_;        // buckets and domains
  std::uint32_t uidvalidity_limit_ = 0;  // durable in `owner`: numbers from here on are not ours yet
};

AccountPlace account_place(const AccountName& name);
AccountKey account_key(const AccountPlace& place);
inline AccountKey account_key(const AccountName& name) {
  return account_key(account_place(name));
}

}  // namespace mailtree::store
