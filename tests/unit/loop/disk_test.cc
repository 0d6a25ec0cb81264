// SPDX-License-Identifier: Apache-2.0
// No path leaves its directory, whatever single files say. Each case runs in a process of its own, under a seccomp
// filter that answers openat2 with a given error: always, or only for one directory, as an immutable file would.
#include "loop/disk.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <vector>

namespace mailtree::loop {
namespace {

struct Tree {  // inside/file, outside/file, inside/link -> outside
  Tree() {
    std::string pattern = "/tmp/mailtree-disk-XXXXXX";
    path = mkdtemp(pattern.data());
    for (const char* name : {"inside", "outside", "immutable"}) {
      const std::string one = path + "/" + name;
      mkdir(one.c_str(), 0700);
      std::ofstream(one + "/file") << "content";
    }
    if (symlink("../outside", (path + "/inside/link").c_str()) != 0) std::abort();
  }
  ~Tree() {
    if (system(("rm -rf " + path).c_str()) != 0) BOOST_TEST_MESSAGE("left behind: " << path);
  }
  [[nodiscard]] int open_directory(const char* name) const {
    return open((path + "/" + name).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  std::string path;
};

// openat2 fails with `code`: every call, or those with this directory.
bool refuse_openat2(int code, int directory) {
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  if (directory >= 0) {
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(directory), 1, 0));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(code)));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

int in_child(const Tree& tree, int (*check)(const Tree&)) {
  const pid_t child = fork();
  if (child == 0) _exit(check(tree));
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

bool opens(RealDisk& disk, int directory, const char* path) {
  return disk.open(directory, path, Disk::Access::read).has_value();
}

int check_one_refusal(const Tree& tree) {
  const int inside = tree.open_directory("inside");
  const int immutable = tree.open_directory("immutable");
  RealDisk disk;
  if (opens(disk, inside, "link/file")) return 1;
  if (!refuse_openat2(EPERM, immutable)) return 2;
  const auto refused = disk.open(immutable, "file", Disk::Access::read);
  if (refused || refused.error().condition != Condition::cannot) return 3;
  if (opens(disk, inside, "link/file")) return 4;
  if (!opens(disk, inside, "file")) return 5;
  return 0;
}

template <int code>
int check_no_openat2(const Tree& tree) {
  const int inside = tree.open_directory("inside");
  if (!refuse_openat2(code, -1)) return 2;
  RealDisk disk;
  if (!opens(disk, inside, "file")) return 3;
  if (opens(disk, inside, "link")) return 4;
  const auto absent = disk.open(inside, "absent", Disk::Access::read);
  return !absent && is_missing(absent.error()) ? 0 : 5;
}

}  // namespace

BOOST_AUTO_TEST_CASE(one_file_that_may_not_be_opened_does_not_end_the_guard_against_links) {
  const Tree tree;
  BOOST_TEST(in_child(tree, check_one_refusal) == 0);
}

BOOST_AUTO_TEST_CASE(files_are_opened_where_the_kernel_or_a_filter_has_no_openat2) {
  const Tree tree;
  BOOST_TEST(in_child(tree, check_no_openat2<ENOSYS>) == 0);
  BOOST_TEST(in_child(tree, check_no_openat2<EPERM>) == 0);
}

}  // namespace mailtree::loop
