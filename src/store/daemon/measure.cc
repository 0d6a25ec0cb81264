// SPDX-License-Identifier: Apache-2.0
#include "store/daemon/measure.h"

#include <algorithm>
#include <memory>

#include "store/daemon/many_files.h"
#include "store/daemon/thread.h"

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr std::size_t read_chunk = 64U << 10;

// Octets when every bare LF is counted as CRLF, as IMAP will send the file.
Result<std::uint64_t> count_crlf_size(Disk& disk, int fd, std::uint64_t size) {
  const auto chunk = std::make_unique_for_overwrite<char[]>(read_chunk);
  std::uint64_t bare = 0;
  char before = '\0';
  for (std::uint64_t at = 0; at < size;) {
    const auto count = disk.read_at(fd, chunk.get(), read_chunk, at);
    if (!count) return count.error();
    if (*count == 0) break;
    for (std::size_t i = 0; i < *count; ++i) {
      if (chunk[i] == '\n' && before != '\r') ++bare;
      before = chunk[i];
    }
    at += *count;
  }
  return size + bare;
}

void measure(Disk& disk, Candidate& candidate) {
  const auto file = disk.open(candidate.directory, candidate.foreign.name, Disk::Access::read);
  if (!file) {
    if (loop::is_missing(file.error())) return;  // meanwhile
    const auto status = disk.status_at(candidate.directory, candidate.foreign.name);
    candidate.is_unreadable = !status || status->is_regular;  // a symbolic link never is mail
    return;
  }
  const auto status = disk.status(file->get());
  if (status && !status->is_regular) return;
  Message& message = candidate.foreign.message;
  const ParsedFileName& parsed = candidate.parsed;
  Result<std::uint64_t> crlf_size =
      status ? Result<std::uint64_t>(status->size) : Result<std::uint64_t>(status.error());
  const bool said = status && parsed.size == status->size && parsed.crlf_size && *parsed.crlf_size >= status->size;
  if (said) crlf_size = *parsed.crlf_size;
  if (status && !said) crlf_size = count_crlf_size(disk, file->get(), status->size);
  if (!crlf_size) {
    candidate.failure = std::make_unique<Error>(crlf_size.error());
    return;
  }
  const auto thread = read_named_thread(disk, file->get());
  if (!thread) {
    candidate.failure = std::make_unique<Error>(thread.error());
    return;
  }
  message.thread = *thread;
  message.size = status->size;
  message.crlf_size = *crlf_size;
  message.internal_date =
      parsed.time > 0 ? parsed.time : std::max<std::int64_t>(0, status->modified_ns / 1'000'000'000);
  candidate.is_mail = true;
}

}  // namespace

void measure_all(Disk& disk, std::vector<Candidate>& candidates) {
  for_many_files(candidates.size(), [&](std::size_t i) { measure(disk, candidates[i]); });
}

}  // namespace mailtree::store
