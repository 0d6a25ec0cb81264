// SPDX-License-Identifier: Apache-2.0
// Reads are by offset and checked against the size the log knows: a file cut short is damage, never shorter mail.
#include "imap/fetch/message_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "imap/fetch/body_structure_writer.h"
#include "mime/header.h"
#include "mime/line_ends.h"

namespace mailtree::imap {
namespace {

constexpr std::uint64_t first_header_read_bytes = 16 * 1024;

// Exactly [offset, offset + count) of the file, appended to `out`.
Result<void> read_file(int fd, std::uint64_t offset, std::uint64_t count, std::string& out) {
  const std::size_t start = out.size();
  out.resize(start + count);
  std::size_t done = 0;
  while (done < count) {
    const ssize_t got = ::pread(fd, out.data() + start + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::temporary(Condition::storage, std::string("read message: ") + std::strerror(errno));
    if (got == 0) return Error::temporary(Condition::damaged, "message file is shorter than the log says");
    done += static_cast<std::size_t>(got);
  }
  return {};
}

Result<std::string> read_file(int fd, std::uint64_t offset, std::uint64_t count) {
  std::string out;
  const Result<void> done = read_file(fd, offset, count, out);
  if (!done) return done.error();
  return out;
}

}  // namespace

struct MessageFile::Anatomy {
  mime::PartTree tree;
  std::string body, body_structure;
};

MessageFile::Anatomy MessageFile::dissect(std::string_view text) {
  Anatomy anatomy{mime::scan(text), {}, {}};
  append_body_structure(anatomy.body, text, anatomy.tree, false);
  append_body_structure(anatomy.body_structure, text, anatomy.tree, true);
  return anatomy;
}

MessageFile::MessageFile(loop::WorkerPool& pool, UniqueFd file, const store::MessageRow& row)
    : pool_(pool),
      file_(std::move(file)),
      uid_(row.uid),
      file_octets_(row.size),
      octets_(std::max(row.crlf_size, row.size)) {}

Result<void> MessageFile::extend(std::uint64_t to) {
  to = std::min(to, file_octets_);
  if (whole_ || text_.size() >= to) return {};
  const Result<void> done = read_file(file_.get(), text_.size(), to - text_.size(), text_);
  if (!done) return done.error();
  whole_ = to == file_octets_;
  return {};
}

Result<void> MessageFile::finish_loading(std::string octets) {
  text_ = octets_ == file_octets_ ? std::move(octets) : mime::to_crlf(octets);
  if (text_.size() != octets_)
    return Error::temporary(Condition::damaged, "message has another size than the log says");
  whole_ = true;
  return {};
}

loop::Task<Result<void>> MessageFile::load_whole() {
  [[maybe_unused]] const int frame = 0;
  if (whole_) co_return Result<void>{};
  const bool plain = octets_ == file_octets_;
  if (plain && file_octets_ <= small_message_bytes) co_return extend(file_octets_);
  auto job = [fd = file_.get(), size = file_octets_] { return read_file(fd, 0, size); };
  auto octets = co_await pool_.run(std::move(job));
  if (!octets) co_return octets.error();
  co_return finish_loading(std::move(*octets));
}

loop::Task<Result<void>> MessageFile::load() {
  [[maybe_unused]] const int frame = 0;
  if (octets_ == file_octets_ && file_octets_ > small_message_bytes) co_return Result<void>{};
  auto loaded = co_await load_whole();
  co_return loaded;
}

loop::Task<Result<std::string_view>> MessageFile::header() {
  std::uint64_t wanted = first_header_read_bytes;
  if (octets_ != file_octets_) {
    const auto loaded = co_await load_whole();
    if (!loaded) co_return loaded.error();
  }
  for (;; wanted *= 4) {
    const Result<void> read = extend(wanted);
    if (!read) co_return read.error();
    const std::string_view block = mime::header_block(text_);
    // A block that ends where the octets end may go on behind them.
    if (whole_ || block.size() < text_.size()) co_return block;
  }
}

loop::Task<Result<const mime::PartTree*>> MessageFile::tree() {
  const auto loaded = co_await load();
  if (!loaded) co_return loaded.error();
  if (!tree_ && whole_) {
    tree_ = mime::scan(text_);
  } else if (!tree_) {
    auto job = [fd = file_.get(), size = file_octets_]() -> Result<Anatomy> {
      const auto octets = read_file(fd, 0, size);
      if (!octets) return octets.error();
      return dissect(*octets);
    };
    auto anatomy = co_await pool_.run(std::move(job));
    if (!anatomy) co_return anatomy.error();
    tree_ = std::move(anatomy->tree);
    body_ = std::move(anatomy->body);
    body_structure_ = std::move(anatomy->body_structure);
  }
  co_return static_cast<const mime::PartTree*>(&*tree_);
}

std::string MessageFile::body_structure(bool extended) const {
  if (!whole_ || !body_.empty()) return extended ? body_structure_ : body_;
  std::string out;
  append_body_structure(out, text_, *tree_, extended);
  return out;
}

loop::Task<Result<std::string>> MessageFile::read(mime::Range range) {
  [[maybe_unused]] const int frame = 0;
  if (range.end <= text_.size()) co_return text_.substr(range.begin, range.size());
  auto job = [fd = file_.get(), range] { return read_file(fd, range.begin, range.size()); };
  auto octets = co_await pool_.run(std::move(job));
  co_return std::move(octets);
}

}  // namespace mailtree::imap
