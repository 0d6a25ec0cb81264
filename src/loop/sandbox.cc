// SPDX-License-Identifier: Apache-2.0
// Landlock by its three system calls: Debian 12's headers stop at ABI 3, the kernels do not (landlock(7)).
#include "loop/sandbox.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

#include "base/ascii.h"
#include "base/unique_fd.h"

namespace mailtree::loop {
namespace {

// linux/landlock.h: struct landlock_ruleset_attr up to ABI 6; shorter kernels take a shorter size.
struct RulesetAttribute {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};
struct [[gnu::packed]] PathAttribute {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};
constexpr unsigned create_version_flag = 1;
constexpr int rule_path_beneath = 1;

constexpr std::uint64_t bit(unsigned n) {
  return std::uint64_t{1} << n;
}
constexpr std::uint64_t fs_execute = bit(0), fs_write_file = bit(1), fs_read_file = bit(2), fs_read_dir = bit(3);
constexpr std::uint64_t fs_make_char = bit(6), fs_make_block = bit(11);
constexpr std::uint64_t fs_refer = bit(13), fs_truncate = bit(14), fs_ioctl = bit(15);
constexpr std::uint64_t fs_first_abi = bit(13) - 1;
constexpr std::uint64_t net_bind = bit(0), net_connect = bit(1);
constexpr std::uint64_t scope_abstract_socket = bit(0), scope_signal = bit(1);
constexpr std::uint64_t of_files = fs_execute | fs_write_file | fs_read_file | fs_truncate | fs_ioctl;

int landlock_create(const RulesetAttribute* attribute, std::size_t size, unsigned flags) {
  return static_cast<int>(syscall(SYS_landlock_create_ruleset, attribute, size, flags));
}

std::uint64_t handled_fs(int abi) {
  std::uint64_t bits = fs_first_abi;
  if (abi >= 2) bits |= fs_refer;
  if (abi >= 3) bits |= fs_truncate;
  if (abi >= 5) bits |= fs_ioctl;
  return bits;
}

std::uint64_t bits_of(Access access) {
  constexpr std::uint64_t reading = fs_read_file | fs_read_dir;
  switch (access) {
    case Access::read:
      return reading;
    case Access::update:
      return reading | fs_write_file | fs_truncate;
    case Access::manage:
      return ~(fs_execute | fs_make_char | fs_make_block);
  }
  return 0;
}

Error failed(const std::string& what) {
  const std::error_code why(errno, std::generic_category());
  return Error::temporary(Condition::unavailable, what + ": " + why.message());
}

Result<void> allow(int ruleset, const PathRight& right, std::uint64_t handled) {
  const UniqueFd path(open(right.path.c_str(), O_PATH | O_CLOEXEC));
  if (!path) {
    if (errno == ENOENT || errno == ENOTDIR || errno == EACCES) return {};
    return failed("cannot open " + right.path + " for its access rule");
  }
  struct stat status {};
  if (fstat(path.get(), &status) != 0) return failed("cannot look at " + right.path);
  std::uint64_t bits = bits_of(right.access) & handled;
  if (!S_ISDIR(status.st_mode)) bits &= of_files;
  PathAttribute attribute{bits, path.get()};
  if (syscall(SYS_landlock_add_rule, ruleset, rule_path_beneath, &attribute, 0) != 0) {
    return failed("cannot add an access rule for " + right.path);
  }
  return {};
}

// What the C library, OpenSSL, Cyrus SASL and libunbound open by themselves. None of it holds mail.
constexpr std::array<const char*, 18> library_paths = {
    "/usr/lib",         "/usr/share",    "/lib",           "/lib64",         "/etc/ssl",
    "/etc/sasl2",       "/etc/ldap",     "/etc/hosts",     "/etc/host.conf", "/etc/nsswitch.conf",
    "/etc/resolv.conf", "/etc/services", "/etc/localtime", "/etc/passwd",    "/etc/group",
    "/etc/ld.so.cache", "/dev/urandom",  "/proc/self"};

Result<void> add_rules(int ruleset, const SandboxRules& rules, std::uint64_t handled) {
  for (const char* path : library_paths) {
    const PathRight right{path, Access::read};
    if (auto added = allow(ruleset, right, handled); !added) return added;
  }
  const PathRight null{"/dev/null", Access::update};
  if (auto added = allow(ruleset, null, handled); !added) return added;
  for (const PathRight& right : rules.paths) {
    if (auto added = allow(ruleset, right, handled); !added) return added;
  }
  return {};
}

}  // namespace

Result<int> enter_sandbox(const SandboxRules& rules) {
  const int abi = landlock_create(nullptr, 0, create_version_flag);
  if (abi <= 0) return 0;
  RulesetAttribute attribute{};
  attribute.handled_access_fs = handled_fs(abi);
  std::size_t size = sizeof(attribute.handled_access_fs);
  if (abi >= 4) {
    size += sizeof(attribute.handled_access_net);
    if (!rules.may_connect) attribute.handled_access_net |= net_connect;
    if (!rules.may_bind) attribute.handled_access_net |= net_bind;
  }
  if (abi >= 6) {
    size += sizeof(attribute.scoped);
    attribute.scoped = scope_abstract_socket | scope_signal;
  }
  const UniqueFd ruleset(landlock_create(&attribute, size, 0));
  if (!ruleset) return failed("cannot create a Landlock ruleset");
  if (auto added = add_rules(ruleset.get(), rules, attribute.handled_access_fs); !added) return added.error();
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("cannot set no_new_privs");
  if (syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return failed("cannot enter the Landlock sandbox");
  return abi;
}

Result<User> find_user(const std::string& name_or_number) {
  const auto number = ascii::number<uid_t>(name_or_number);
  const passwd* const entry = number ? getpwuid(*number) : getpwnam(name_or_number.c_str());
  if (entry != nullptr) return User{entry->pw_uid, entry->pw_gid};
  if (number) return User{*number, static_cast<gid_t>(*number)};
  return Error::permanent(Condition::no_such_user, "Configuration error",
                          "there is no user '" + name_or_number + "'; create it or write a number in [users]");
}

Result<void> become(const User& user) {
  if (user.uid == 0 || user.gid == 0) {
    return Error::permanent(Condition::denied, "Configuration error", "a daemon may not run as root; change [users]");
  }
  if (setgroups(0, nullptr) != 0) return failed("cannot drop the groups");
  if (setresgid(user.gid, user.gid, user.gid) != 0) return failed("cannot change the group");
  if (setresuid(user.uid, user.uid, user.uid) != 0) return failed("cannot change the user");
  if (setuid(0) == 0) return Error::permanent(Condition::denied, "", "root could be regained");  // must never work
  return {};
}

Result<void> give_up_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("cannot set no_new_privs");
#if !defined(__SANITIZE_ADDRESS__)  // the leak check at exit has to trace its own process
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("cannot switch off core dumps");
#endif
  return {};
}

}  // namespace mailtree::loop
