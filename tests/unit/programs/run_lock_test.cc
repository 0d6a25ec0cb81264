// SPDX-License-Identifier: Apache-2.0
// One mailtreed for each run directory.
#include "programs/run_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>

namespace mailtree::programs {
namespace {

struct Folder {
  Folder() {
    std::string pattern = "/tmp/mailtree-lock-XXXXXX";
    path = mkdtemp(pattern.data());
  }
  ~Folder() {
    unlink((path + "/lock").c_str());
    rmdir(path.c_str());
  }
  std::string path;
};

// A process that holds the lock until it is killed.
pid_t start_holder(const std::string& path) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = take_run_lock(path);
    if (lock && write(ends[1], "1", 1) == 1) pause();
    _exit(1);
  }
  close(ends[1]);
  char octet = 0;
  BOOST_REQUIRE(read(ends[0], &octet, 1) == 1);
  close(ends[0]);
  return child;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_second_mailtreed_is_refused_and_told_who_runs) {
  const Folder folder;
  const pid_t holder = start_holder(folder.path);
  const auto refused = take_run_lock(folder.path);
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(refused.error().detail.find("process " + std::to_string(holder)) != std::string::npos);
  const auto seen = lock_holder(folder.path);
  BOOST_REQUIRE(seen.has_value());
  BOOST_TEST(*seen == holder);
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
}

BOOST_AUTO_TEST_CASE(the_lock_file_of_a_dead_process_holds_nobody_up) {
  const Folder folder;
  const pid_t holder = start_holder(folder.path);
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  BOOST_TEST(!lock_holder(folder.path).has_value());
  BOOST_TEST(take_run_lock(folder.path).has_value());
}

BOOST_AUTO_TEST_CASE(no_run_directory_means_nobody_runs) {
  BOOST_TEST(!lock_holder("/nonexistent").has_value());
  BOOST_TEST(!take_run_lock("/nonexistent").has_value());
}

}  // namespace mailtree::programs
