// SPDX-License-Identifier: Apache-2.0
// The octets of one message: from its file, in memory while small, by ranges while large. Offsets are those of the
// message as IMAP sends it: a stored bare LF counts as CRLF, and such messages are always held in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/task.h"
#include "loop/worker_pool.h"
#include "mime/part_tree.h"
#include "store/index_reader.h"

namespace mailtree::imap {

// Read on the loop's thread: a warm read of this size is shorter than a hop to the pool and back.
inline constexpr std::uint64_t small_message_bytes = 256 * 1024;

class MessageFile {
 public:
  MessageFile(loop::WorkerPool& pool, UniqueFd file, const store::MessageRow& row);

  [[nodiscard]] store::Uid uid() const { return uid_; }
  [[nodiscard]] std::uint64_t octets() const { return octets_; }
  // All octets are in memory: text() is the message.
  [[nodiscard]] bool in_memory() const { return whole_; }
  [[nodiscard]] std::string_view text() const { return text_; }

  // The header block with its empty line; valid until the next call.
  loop::Task<Result<std::string_view>> header();
  // Brings a small message (or one with bare LFs) into memory; a large one stays in its file.
  loop::Task<Result<void>> load();
  // Brings any message into memory.
  loop::Task<Result<void>> load_whole();
  // Where the parts are; with it body() and body_structure() are ready.
  loop::Task<Result<const mime::PartTree*>> tree();
  // BODY and BODYSTRUCTURE as text; after tree().
  [[nodiscard]] std::string body_structure(bool extended) const;
  // Octets of a range; from memory, or from the file on the pool.
  loop::Task<Result<std::string>> read(mime::Range range);

 private:
  struct Anatomy;  // tree and structures
  static Anatomy dissect(std::string_view text);
  Result<void> extend(std::uint64_t to);
  Result<void> finish_loading(std::string octets);

  loop::WorkerPool& pool_;
  UniqueFd file_;
  store::Uid uid_;
  std::uint64_t file_octets_;
  std::uint64_t octets_;
  std::string text_;  // a beginning of the message, or all of it
  bool whole_ = false;
  std::optional<mime::PartTree> tree_;
  std::string body_, body_structure_;  // of large messages only
};

}  // namespace mailtree::imap
