// SPDX-License-Identifier: Apache-2.0
// Child processes and Unix signals as loop callbacks.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "loop/loop.h"

namespace mailtree::loop {

struct ChildOptions {
  std::string program;                               // absolute path
  std::vector<std::string> arguments;                // without argv[0]
  std::vector<std::pair<std::string, std::string>> environment;  // added to ours
  std::vector<int> descriptors;                      // become 3, 4, … in the child; 0 is /dev/null, 1 and 2 ours
};

class Child {
 public:
  // `exited(status, signal)` runs once, on the loop's thread.
  static Result<std::unique_ptr<Child>> start(Loop& loop, const ChildOptions& options,
                                              std::function<void(std::int64_t status, int signal)> exited);
  ~Child();  // does not kill
  [[nodiscard]] pid_t pid() const;
  void kill(int signal);

 private:
  struct Handle;
  explicit Child(Handle* handle) : handle_(handle) {}
  Handle* handle_;
};

class SignalHandler {
 public:
  SignalHandler(Loop& loop, int signal, std::function<void()> arrived);
  ~SignalHandler();
  SignalHandler(const SignalHandler&) = delete;
  SignalHandler& operator=(const SignalHandler&) = delete;

 private:
  struct Handle;
  Handle* handle_;
};

}  // namespace mailtree::loop
