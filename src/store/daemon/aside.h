// SPDX-License-Identifier: Apache-2.0
// aside/ of an account: what recovery did not understand. Nothing in it is ever overwritten or deleted, and nothing
// loses its old name before the new one is durable.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"

namespace mailtree::store {

// Synchronous, for pool threads; errors are temporary.
class Aside {
 public:
  // Makes the directory if need be; its name is durable afterwards, whoever made it. What has its name and is none is
  // moved into it.
  static Result<Aside> open(loop::Disk& disk, int account_directory);

  // Gives <directory>/<name> a second name in aside/, the same one or with a suffix; copies what cannot be linked. Does
  // nothing if the file has one already, from a life that was cut short. What is no file, and cannot be linked, is
  // moved. sync() has to follow before the old name may go; if it fails, the second names are taken back, because a
  // later one that succeeds would say nothing about them.
  Result<void> keep(int directory, const std::string& name);
  Result<void> sync();

 private:
  Aside(loop::Disk& disk, UniqueFd directory) : disk_(disk), directory_(std::move(directory)) {}
  static Result<void> move_away(loop::Disk& disk, int account_directory);
  Result<void> keep_as(int directory, const std::string& name, const loop::FileStatus& status, const std::string& kept);
  Result<void> copy(int directory, const std::string& name, std::uint64_t size, const std::string& kept);
  Result<bool> has(const loop::FileStatus& status);

  loop::Disk& disk_;
  UniqueFd directory_;
  std::vector<std::string> made_;  // second names, not synced
};

// `size` octets from the start of one open file to another. Fails if there are fewer. Nothing is synced.
Result<void> copy_octets(loop::Disk& disk, int source, std::uint64_t size, int target);

}  // namespace mailtree::store
