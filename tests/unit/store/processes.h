// SPDX-License-Identifier: Apache-2.0
// Processes of a test: one that does something and ends, or one that has come to a point and waits there.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>

namespace mailtree::test {

// In a child that is meant to crash: sanitizer and test framework would have much to say.
inline void be_silent() {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT}) ::signal(signal, SIG_DFL);
  ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
}

// A child of this process. Whatever it opened itself (LMDB!) is its own; nothing of ours may be open when it begins.
class Child {
 public:
  // `work` gets a function to call at its point; that returns when go_on() was called. What `work` returns is the exit
  // status.
  template <typename Work>
  explicit Child(const Work& work) {
    std::array<int, 2> reached{};
    std::array<int, 2> onward{};
    if (::pipe(reached.data()) != 0 || ::pipe(onward.data()) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      const auto here = [&reached, &onward] {
        char octet = 1;
        if (::write(reached[1], &octet, 1) != 1 || ::read(onward[0], &octet, 1) != 1) ::_exit(99);
      };
      ::close(onward[1]);
      try {
        ::_exit(work(here));
      } catch (...) {
        ::_exit(98);  // never back into the test that it is a copy of
      }
    }
    ::close(reached[1]);
    ::close(onward[0]);
    reached_ = reached[0];
    onward_ = onward[1];
  }
  ~Child() {
    if (pid_ > 0) kill(SIGKILL);
    ::close(reached_);
    ::close(onward_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // False if it ended before it came to its point.
  bool wait_for_point() {
    char octet = 0;
    return ::read(reached_, &octet, 1) == 1;
  }
  void go_on() {
    const char octet = 1;
    BOOST_REQUIRE(::write(onward_, &octet, 1) == 1);
  }
  void signal(int number) const { ::kill(pid_, number); }
  void kill(int number) {
    ::kill(pid_, number);
    ::kill(pid_, SIGCONT);
    static_cast<void>(wait());
  }
  // As waitpid() gives it.
  int wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }
  [[nodiscard]] int exit_status() {
    const int status = wait();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int reached_ = -1;
  int onward_ = -1;
};

}  // namespace mailtree::test
