// SPDX-License-Identifier: Apache-2.0
// World: the synchronous core of stored on a simulated disk, as the daemon drives it: batches, then clean-ups. It turns
// requests of the model into operations of the store, and what a session reads into what the judge understands.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "histories/judgement.h"
#include "histories/model.h"
#include "store/daemon/account.h"
#include "store/daemon/index_writer.h"
#include "store/daemon/operation.h"
#include "store/daemon/partition.h"
#include "store/index_reader.h"
#include "support/simulated_disk.h"

namespace mailtree::histories {

constexpr std::size_t accounts = 2;

class World {
 public:
  explicit World(bool forgetful_directories);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // A new disk with an empty partition.
  void begin_anew();
  // Of the accounts that the next process opens.
  void set_limits(store::LogLimits limits) { limits_ = limits; }
  // A new process. False if the disk died under it.
  bool start(bool without_index);
  void stop();

  // One batch of an account, in order. Replies are as many as requests; when the disk died, nobody gets them.
  std::vector<Reply> run(std::size_t account, const std::vector<Request>& requests);
  // After the replies.
  void clean_up(std::size_t account);
  // Flags into file names, as the daemon does it without being asked; a few files at a time.
  void show_flags(std::size_t account);
  // Messages whose file names do not tell the flags they have, as the index says.
  [[nodiscard]] std::size_t names_behind(std::size_t account) const;
  // All that a session can see; nothing if the disk died or failed on the way.
  bool look(std::size_t account, const Judge& judge, Seen& seen, std::string& failure);
  // What the index shows at this moment to who asks for nothing, without the changes since a modseq. False if that is
  // nothing, or nothing new since the last time.
  bool glance(std::size_t account, Seen& seen, std::string& failure);

  [[nodiscard]] test::SimulatedDisk& disk() { return *disk_; }
  // Where what is done now is counted: the kind of the first request, "start", "clean_up", "show_flags", "look".
  [[nodiscard]] const std::string& phase() const { return phase_; }
  [[nodiscard]] std::string account_path(std::size_t account) const;
  // Of the partition as it is open: what an older process of another host wrote can be told from ours (fencing).
  [[nodiscard]] std::uint64_t generation() const { return partition_->generation(); }
  // Path of a folder's directory on the disk, as of the last look; empty if there is none.
  [[nodiscard]] std::string folder_path(std::size_t account, std::uint32_t folder) const;
  // Every file below the account's directory, with the beginning of its content.
  [[nodiscard]] std::vector<std::string> files(std::size_t account) const;
  static std::vector<std::uint32_t> uids_of(const store::UidSet& set);
  void pass(std::int64_t seconds) { clock_.now += seconds; }
  [[nodiscard]] std::int64_t now() const { return clock_.now; }

 private:
  class SetClock final : public Clock {
   public:
    [[nodiscard]] Wall wall() const override { return Wall(std::chrono::seconds(now)); }
    [[nodiscard]] Monotonic monotonic() const override { return Monotonic(std::chrono::seconds(now)); }
    std::int64_t now = 1'790'000'000;
  };
  struct Asked;
  static store::AccountName name_of_account(std::size_t number);
  Asked make(std::size_t account, const Request& request);
  std::shared_ptr<UniqueFd> file_with(const std::string& content);
  store::Account& account(std::size_t number);
  bool read_index(std::size_t account, const store::AccountRow& row, Seen& seen, std::string& failure);
  bool read_folder(std::size_t account, const store::AccountRow& row, const store::FolderRow& folder, Seen& seen,
                   std::string& failure);
  bool read_changes(std::size_t account, const Judge& judge, Seen& seen, std::string& failure);

  const std::string directory_;  // real: for the partition's lock and the index
  std::unique_ptr<test::SimulatedDisk> disk_;
  const bool forgetful_directories_;
  SetClock clock_;
  store::LogLimits limits_;
  std::string phase_;
  std::unique_ptr<store::Partition> partition_;
  std::unique_ptr<store::IndexWriter> index_;
  std::unique_ptr<store::IndexReader> reader_;
  std::map<std::size_t, std::unique_ptr<store::Account>> accounts_;
  std::map<std::pair<std::size_t, std::uint32_t>, std::string> folder_paths_;
  const std::array<store::AccountKey, accounts> keys_;
  std::array<std::optional<store::AccountRow>, accounts> glanced_;
};

}  // namespace mailtree::histories
