// SPDX-License-Identifier: Apache-2.0
// PollWatcher: readiness of a descriptor that another library owns (libldap, libunbound, our own message channels).
#pragma once

#include <functional>

#include "loop/loop.h"

namespace mailtree::loop {

class PollWatcher {
 public:
  // `ready(readable, writable)` runs on the loop's thread, level-triggered; an error on the descriptor counts as both.
  // It may destroy the watcher. The descriptor stays the caller's and must stay open as long as the watcher lives.
  PollWatcher(Loop& loop, int fd, std::function<void(bool readable, bool writable)> ready);
  ~PollWatcher();
  PollWatcher(const PollWatcher&) = delete;
  PollWatcher& operator=(const PollWatcher&) = delete;

  void watch(bool readable, bool writable);  // neither: paused

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace mailtree::loop
