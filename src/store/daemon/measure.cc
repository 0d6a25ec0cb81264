// SPDX-License-Identifier: Apache-2.0
#include "store/daemon/measure.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace mailtree::store {
namespace {

using loop::Disk;

constexpr std::size_t read_chunk = 64U << 10;
constexpr std::size_t max_helpers = 15;
constexpr std::size_t files_a_helper = 64;

// Octets when every bare LF is counted as CRLF, as IMAP will send the file. `chunk` is room to read into.
Result<std::uint64_t> count_crlf_size(Disk& disk, int fd, std::uint64_t size, std::string& chunk) {
  std::uint64_t bare = 0;
  char before = '\0';
  for (std::uint64_t at = 0; at < size;) {
    const auto count = disk.read_at(fd, chunk.data(), chunk.size(), at);
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

void measure(Disk& disk, Candidate& candidate, std::string& chunk) {
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
  if (status && !said) crlf_size = count_crlf_size(disk, file->get(), status->size, chunk);
  if (!crlf_size) {
    candidate.failure = std::make_unique<Error>(crlf_size.error());
    return;
  }
  message.size = status->size;
  message.crlf_size = *crlf_size;
  message.internal_date =
      parsed.time > 0 ? parsed.time : std::max<std::int64_t>(0, status->modified_ns / 1'000'000'000);
  candidate.is_mail = true;
}

}  // namespace

// Reading many small files one after the other waits for the disk each time. The only threads beside the pool: they
// live within this call and share nothing but the next number.
void measure_all(Disk& disk, std::vector<Candidate>& candidates) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    std::string chunk(read_chunk, '\0');
    for (std::size_t i = next++; i < candidates.size(); i = next++) measure(disk, candidates[i], chunk);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t i = 0; i < std::min(max_helpers, candidates.size() / files_a_helper); ++i)
    helpers.emplace_back(work);
  work();
}

}  // namespace mailtree::store
