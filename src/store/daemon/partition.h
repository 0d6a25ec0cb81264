// SPDX-License-Identifier: Apache-2.0
// A storage partition: its identity, the exclusive right to change it, its generation and its UIDVALIDITY counter.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"
#include "store/daemon/ballast.h"
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
  // Refuses without partition.toml (not mounted: nothing may be written) and while another process has it.
  static Result<std::unique_ptr<Partition>> open(loop::Disk& disk, const std::string& path, const std::string& host);

  [[nodiscard]] loop::Disk& disk() const { return disk_; }
  [[nodiscard]] int directory() const { return directory_.get(); }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] const std::string& host() const { return host_; }
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  [[nodiscard]] Usage& usage() { return usage_; }
  void give_up_ballast() { ballast_.give_up(disk_, directory()); }
  Result<void> make_ballast() { return ballast_.make(disk_, directory(), free_octets(directory())); }
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
  Partition(loop::Disk& disk, std::string path, std::string host);
  Result<void> take_over();
  Result<void> write_owner();

  loop::Disk& disk_;
  std::string path_;
  std::string host_;
  UniqueFd directory_;
  UniqueFd lock_;
  std::string id_;
  std::uint64_t generation_ = 0;
  Usage usage_;
  Ballast ballast_;
  std::int64_t quota_grace_seconds_ = default_quota_grace_seconds;
  unsigned quota_warning_percent_ = default_quota_warning_percent;
  std::mutex mutex_;  // guards what is below
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
