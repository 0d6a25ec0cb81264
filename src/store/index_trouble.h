// SPDX-License-Identifier: Apache-2.0
// What went wrong inside LMDB, noted in the file `trouble` beside its data by whichever process it happened to, for
// stored to judge. A process that dies inside LMDB (SIGSEGV, SIGBUS, SIGABRT) notes it in its last moment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace mailtree::store {

struct TroubleNote {
  enum class Kind : std::uint32_t { crash = 1, ruin = 2 };  // ruin: LMDB, or a row's checksum, said so
  std::int64_t time = 0;  // seconds since the boot: the file does not outlive one
  std::uint32_t process = 0;
  Kind kind = Kind::crash;
};

class IndexTrouble {
 public:
  // stored makes the file, with room on the disk for its notes.
  static Result<void> make(const std::string& index_path);
  // Oldest first; empty if there is no such file.
  static std::vector<TroubleNote> read(const std::string& index_path);
  static std::int64_t now();  // in the time of the notes

  // Opens the file to note something in it and catches crashes from now on; without the file nothing is noted.
  explicit IndexTrouble(const std::string& index_path);
  void note(TroubleNote::Kind kind) const;

  // Around calls of LMDB: a crash of this thread in between is noted. May be nested.
  class Inside {
   public:
    explicit Inside(const IndexTrouble& trouble);
    ~Inside();
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    int before_;
  };

 private:
  UniqueFd file_;
};

constexpr const char* trouble_file = "/trouble";  // below the path of an index

}  // namespace mailtree::store
