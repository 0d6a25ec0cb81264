// SPDX-License-Identifier: Apache-2.0
// What a process may still do after its start: another user, a few paths, few system calls, no new TCP connections.
// One way only. Call before the first thread and before the first octet of a stranger is read.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace mailtree::loop {

// Starting programs, tracing, mounting, kernel modules and the like end the process. False: the kernel cannot.
Result<bool> forbid_system_calls();

enum class Access : unsigned char {
  read,     // files and directories below
  update,   // read, and write into files that exist (lock files)
  manage,   // everything but devices: create, rename and link across directories, truncate, remove
};

struct PathRight {
  std::string path;  // a missing path is left out: what does not exist needs no right
  Access access = Access::read;
};

struct SandboxRules {
  std::vector<PathRight> paths;
  bool may_connect = false;  // open TCP connections (Landlock ABI 4); Unix sockets are not affected
  bool may_bind = false;     // bind TCP ports; not needed for inherited listeners
};

// Landlock, as far as the kernel has it. Returns the ABI in force, 0 if the kernel has none. No right is given for what
// libraries read (system libraries, certificates, resolv.conf, time zones): those are allowed to every process.
Result<int> enter_sandbox(const SandboxRules& rules);

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};
// A name of the user database, or a number (then the group has the same number unless the database knows better).
Result<User> find_user(const std::string& name_or_number);

// Sets user and group for good, without supplementary groups. Only root can; refuses to become root.
Result<void> become(const User& user);

// No setuid programs from here on, no core dumps, no tracing by others (mail and passwords are in our memory).
Result<void> give_up_privileges();

}  // namespace mailtree::loop
