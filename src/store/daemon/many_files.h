// SPDX-License-Identifier: Apache-2.0
// Reading many small files one after the other waits for the disk each time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace mailtree::store {

// work(0) to work(count - 1), each once, on this thread and some more if there are many. They are the only threads
// beside the pool: they live within this call and share nothing but the next number, and `work` must share nothing
// either.
template <typename Work>
void for_many_files(std::size_t count, const Work& work) {
  constexpr std::size_t max_helpers = 15;
  constexpr std::size_t files_a_helper = 64;
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> helpers;
  for (std::size_t i = 0; i < std::min(max_helpers, count / files_a_helper); ++i) helpers.emplace_back(run);
  run();
}

}  // namespace mailtree::store
