// SPDX-License-Identifier: Apache-2.0
// The sandbox holds: each case runs in a process of its own, since there is no way back.
#include "loop/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>

namespace mailtree::loop {
namespace {

constexpr int no_landlock = 77;

struct Folder {
  Folder() {
    std::string pattern = "/tmp/mailtree-sandbox-XXXXXX";
    path = mkdtemp(pattern.data());
    for (const char* name : {"read", "update", "manage", "closed"}) {
      const std::string one = path + "/" + name;
      mkdir(one.c_str(), 0700);
      std::ofstream(one + "/file") << "content";
    }
  }
  ~Folder() {
    if (system(("rm -rf " + path).c_str()) != 0) BOOST_TEST_MESSAGE("left behind: " << path);
  }
  std::string path;
};

bool opens(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

// Runs `check` in a sandboxed child. Its number is 0 for "all as expected", or the step that was not.
int in_sandbox(const Folder& folder, int (*check)(const std::string&)) {
  const pid_t child = fork();
  if (child == 0) {
    SandboxRules rules;
    rules.paths.push_back({folder.path + "/read", Access::read});
    rules.paths.push_back({folder.path + "/update", Access::update});
    rules.paths.push_back({folder.path + "/manage", Access::manage});
    rules.paths.push_back({folder.path + "/absent", Access::manage});
    const auto abi = enter_sandbox(rules);
    if (!abi) _exit(99);
    _exit(*abi == 0 ? no_landlock : check(folder.path));
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

int check_files(const std::string& path) {
  if (!opens(path + "/read/file", O_RDONLY)) return 1;
  if (opens(path + "/read/file", O_WRONLY)) return 2;
  if (opens(path + "/read/new", O_WRONLY | O_CREAT)) return 3;
  if (!opens(path + "/update/file", O_RDWR)) return 4;
  if (opens(path + "/update/new", O_WRONLY | O_CREAT)) return 5;
  if (unlink((path + "/update/file").c_str()) == 0) return 6;
  if (!opens(path + "/manage/new", O_WRONLY | O_CREAT | O_TRUNC)) return 7;
  if (opens(path + "/closed/file", O_RDONLY)) return 8;
  if (opens("/etc/shadow", O_RDONLY)) return 9;
  if (!opens("/etc/localtime", O_RDONLY) && errno != ENOENT) return 10;
  return 0;
}

// What stored does with each message: an unnamed file that gets a name in another directory.
int check_links(const std::string& path) {
  const std::string manage = path + "/manage";
  mkdir((manage + "/a").c_str(), 0700);
  mkdir((manage + "/b").c_str(), 0700);
  const int fd = open(manage.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return errno == EOPNOTSUPP ? 0 : 1;
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, (manage + "/a/m").c_str(), AT_SYMLINK_FOLLOW) != 0) return 2;
  if (link((manage + "/a/m").c_str(), (manage + "/b/m").c_str()) != 0) return 3;
  if (rename((manage + "/a/m").c_str(), (manage + "/b/n").c_str()) != 0) return 4;
  if (link((manage + "/b/m").c_str(), (path + "/update/m").c_str()) == 0) return 5;
  return 0;
}

int check_network(const std::string&) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return 1;
  return errno == EACCES ? 0 : 2;
}

int check_calls() {
  const auto forbidden = forbid_system_calls();
  if (!forbidden) return 1;
  if (!*forbidden) return no_landlock;
  if (getpid() <= 0) return 2;
  execl("/bin/true", "true", nullptr);
  return errno == EPERM ? 3 : 4;  // only where a sanitizer wants to live on
}

void expect_good(int outcome) {
  if (outcome == no_landlock) {
    BOOST_TEST_MESSAGE("this kernel has no Landlock");
    return;
  }
  BOOST_TEST(outcome == 0);
}

}  // namespace

BOOST_AUTO_TEST_CASE(files_can_be_touched_as_far_as_a_rule_allows_and_no_further) {
  const Folder folder;
  expect_good(in_sandbox(folder, check_files));
}

BOOST_AUTO_TEST_CASE(messages_can_be_linked_and_renamed_across_directories_of_a_managed_tree) {
  const Folder folder;
  expect_good(in_sandbox(folder, check_links));
}

BOOST_AUTO_TEST_CASE(no_tcp_connection_can_be_opened_where_the_kernel_can_forbid_it) {
  const Folder folder;
  const int outcome = in_sandbox(folder, check_network);
  BOOST_TEST((outcome == 0 || outcome == 2 || outcome == no_landlock));
}

BOOST_AUTO_TEST_CASE(no_program_can_be_started_behind_the_filter) {
  const pid_t child = fork();
  if (child == 0) _exit(check_calls());
  int status = 0;
  waitpid(child, &status, 0);
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
  const int outcome = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  BOOST_TEST((killed || outcome == 3 || outcome == no_landlock));
}

BOOST_AUTO_TEST_CASE(a_number_is_a_user_with_the_same_group_and_an_unknown_name_is_an_error) {
  const auto number = find_user("62999");
  BOOST_REQUIRE(number.has_value());
  BOOST_TEST(number->uid == 62999U);
  BOOST_TEST(number->gid == 62999U);
  BOOST_TEST(!find_user("no-such-user-here").has_value());
}

BOOST_AUTO_TEST_CASE(a_daemon_never_becomes_root) {
  BOOST_TEST(!become(User{0, 0}).has_value());
  BOOST_TEST(!become(User{1, 0}).has_value());
}

}  // namespace mailtree::loop
