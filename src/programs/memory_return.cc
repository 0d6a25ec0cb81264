// SPDX-License-Identifier: Apache-2.0
#include "programs/memory_return.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace mailtree::programs {
namespace {

constexpr std::chrono::seconds interval{5};
constexpr std::size_t worth_it = 4 << 20;

}  // namespace

MemoryReturn::MemoryReturn(loop::Loop& loop, UniqueFd statm) : loop_(loop), statm_(std::move(statm)) {
  if (!statm_) return;
  after_last_trim_ = resident_bytes();
  loop_.schedule(*this, loop::Deadline::after(interval));
}

void MemoryReturn::expired() {
  loop_.schedule(*this, loop::Deadline::after(interval));
  const std::size_t resident = resident_bytes();
  after_last_trim_ = std::min(after_last_trim_, resident);
  if (resident < after_last_trim_ + worth_it || mallinfo2().fordblks < worth_it) return;
  malloc_trim(0);
  after_last_trim_ = resident_bytes();
}

// Pages of files (the index in LMDB's map) are the kernel's to take back: they do not count.
std::size_t MemoryReturn::resident_bytes() const {
  std::array<char, 128> text{};
  unsigned long size = 0, resident = 0, shared = 0;
  if (pread(statm_.get(), text.data(), text.size() - 1, 0) <= 0) return 0;
  if (std::sscanf(text.data(), "%lu %lu %lu", &size, &resident, &shared) != 3) return 0;
  return (resident - std::min(resident, shared)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace mailtree::programs
