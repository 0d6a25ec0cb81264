// SPDX-License-Identifier: Apache-2.0
// SimulatedDisk: the calls of loop::Disk on a DiskState. Before each call a hook decides whether it is done, fails, or
// whether the machine (or the process) is dead: then this call and all later ones fail until restart(). A descriptor is
// a real one on /dev/null, at or above `first_descriptor`; any lower one stands for the root directory, so that
// programs may open the root of the disk by themselves. One thread only.
#pragma once

#include <functional>
#include <unordered_map>

#include "loop/disk.h"
#include "support/disk_state.h"

namespace mailtree::test {

class SimulatedDisk final : public loop::Disk {
 public:
  enum class Call {
    open,
    create,
    open_unnamed,
    read,
    write,
    truncate,
    status,
    sync_data,
    sync_directory,
    sync_file_system,
    link,
    rename,
    unlink,
    make_directory,
    remove_directory,
    list,
  };
  static constexpr std::size_t calls = 16;
  enum class Verdict {
    proceed,
    fail,  // nothing is done, or half a write; a sync of a file forgets what it should have written
    dead,
    impossible,  // of a link: this kind of it cannot be made (EXDEV, EMLINK); else as proceed
  };
  using Hook = std::function<Verdict(Call)>;
  static constexpr int first_descriptor = 512;

  SimulatedDisk();

  void set_hook(Hook hook) { hook_ = std::move(hook); }
  // Whether a failed sync of a directory is forgotten like one of a file. Journaling file systems do not do so: they
  // keep what was not written, or go read-only.
  void set_directories_forget(bool forget) { directories_forget_ = forget; }
  [[nodiscard]] bool is_dead() const { return dead_; }
  // A new process: all descriptors are gone, what was unnamed too.
  void restart_after_kill();
  // A new boot.
  void restart_after_power_cut(Dice& dice);
  [[nodiscard]] DiskState& state() { return state_; }
  [[nodiscard]] const DiskState& state() const { return state_; }

  Result<UniqueFd> open(int directory, const std::string& path, Access access) override;
  Result<UniqueFd> open_unnamed(int directory) override;
  Result<std::size_t> read_at(int fd, char* buffer, std::size_t size, std::uint64_t offset) override;
  Result<void> write_at(int fd, std::string_view octets, std::uint64_t offset) override;
  Result<void> truncate(int fd, std::uint64_t size) override;
  Result<loop::FileStatus> status(int fd) override;
  Result<loop::FileStatus> status_at(int directory, const std::string& name) override;
  Result<void> sync_data(int fd) override;
  Result<void> sync_directory(int fd) override;
  Result<void> sync_file_system(int fd) override;
  Result<void> link_open_file(int fd, int directory, const std::string& name) override;
  Result<void> link(int from_directory, const std::string& from, int directory, const std::string& name) override;
  Result<void> rename(int from_directory, const std::string& from, int directory, const std::string& name,
                      bool replace) override;
  Result<void> unlink(int directory, const std::string& name) override;
  Result<void> make_directory(int directory, const std::string& name) override;
  Result<void> remove_directory(int directory, const std::string& name) override;
  Result<std::vector<std::string>> list(int directory) override;

 private:
  using Inode = DiskState::Inode;
  struct Place {
    Inode directory = DiskState::none;
    std::string name;
    Inode inode = DiskState::none;  // none: no such name
  };
  Verdict ask(Call call);
  [[nodiscard]] Inode inode_of(int fd) const;
  [[nodiscard]] Result<Place> place_of(int directory, const std::string& path) const;
  Result<UniqueFd> handle(Inode inode);
  [[nodiscard]] loop::FileStatus status_of(Inode inode) const;
  Result<void> enter(Inode inode, int directory, const std::string& name);

  DiskState state_;
  Hook hook_;
  bool dead_ = false;
  bool directories_forget_ = false;
  UniqueFd null_;
  std::unordered_map<int, Inode> handles_;
};

const char* name_of(SimulatedDisk::Call call);

}  // namespace mailtree::test
