// SPDX-License-Identifier: Apache-2.0
// One opening of a partition by one process, as it stands in the partition's file `owner`, and once more in files
// outside of it, which a backup of the partition does not take along. Format: ../log_format.md. Pure but for the two
// functions that say so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mailtree::store {

struct Opening {
  std::uint64_t generation = 0;  // 0: nobody has opened it yet
  std::string instance;          // random: tells two openings of one generation apart
  std::string host;              // part of the file names
  std::string node;              // the machine, by its own name
  std::string boot_id;
  std::uint64_t lock_inode = 0;
  std::uint32_t next_uidvalidity = 0;  // numbers from here on have never been given; 0: not known
  bool released = false;               // the process ended in order and changes nothing any more
  // A process before that generation may live on somewhere: files that it may have open are not written to.
  std::uint64_t fenced = 0;
  // Before that generation the partition was put back to what it was in the generation `restored_to`.
  std::uint64_t restored = 0, restored_to = 0;

  // The same opening, whatever was written of it since.
  [[nodiscard]] bool is_same(const Opening& other) const {
    return generation == other.generation && instance == other.instance;
  }
};

std::string opening_text(const Opening& opening);
// Nothing if the text is not whole.
std::optional<Opening> parse_opening(std::string_view text);
// The value of `key = …` in a text of such lines, without quotes; empty if there is none.
std::string setting_in(std::string_view text, std::string_view key);

// Files outside; a directory holds those of all partitions that are used with it. Not synced: what a crash of the
// machine takes from them makes us less sure of an index, not wrong.
std::optional<Opening> read_opening(const std::string& directory, const std::string& partition_id);
Result<void> write_opening(const std::string& directory, const std::string& partition_id, const Opening& opening);

std::string boot_id_of_machine();
std::string name_of_machine();

}  // namespace mailtree::store
