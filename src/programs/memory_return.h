// SPDX-License-Identifier: Apache-2.0
// Gives memory back to the system after a crowd has left: malloc keeps freed pages between pieces still in use.
#pragma once

#include <cstddef>

#include "base/unique_fd.h"
#include "loop/loop.h"

namespace mailtree::programs {

// Looks every 5 s; trims when private resident memory grew by 4 MiB since the last trim and as much of the
// heap is free. A trim costs about a millisecond for each 10 MiB.
class MemoryReturn final : public loop::Timer {
 public:
  // `statm`: /proc/self/statm, opened before the sandbox closed /proc; without it nothing is ever trimmed.
  MemoryReturn(loop::Loop& loop, UniqueFd statm);

 private:
  void expired() override;
  [[nodiscard]] std::size_t resident_bytes() const;  // 0: unknown

  loop::Loop& loop_;
  UniqueFd statm_;
  std::size_t after_last_trim_ = 0;
};

}  // namespace mailtree::programs
