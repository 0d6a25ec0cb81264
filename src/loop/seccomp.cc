// SPDX-License-Identifier: Apache-2.0
// The system calls that no daemon ever needs and most break-ins do: seccomp(2) by a filter of our own, deny list only.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <vector>

#include "loop/sandbox.h"

namespace mailtree::loop {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = 0;
#endif

// A program that is killed in the middle of a sanitizer's report tells nothing: there the call only fails, and the
// leak check at the end may trace its own process.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint32_t forbidden = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t tracing = SYS_process_vm_writev;
#else
constexpr std::uint32_t forbidden = SECCOMP_RET_KILL_PROCESS;
constexpr std::uint32_t tracing = SYS_ptrace;
#endif

constexpr std::array<std::uint32_t, 22> forbidden_calls = {SYS_execve,
                                                           SYS_execveat,
                                                           tracing,
                                                           SYS_process_vm_readv,
                                                           SYS_process_vm_writev,
                                                           SYS_mount,
                                                           SYS_umount2,
                                                           SYS_pivot_root,
                                                           SYS_chroot,
                                                           SYS_unshare,
                                                           SYS_setns,
                                                           SYS_bpf,
                                                           SYS_keyctl,
                                                           SYS_add_key,
                                                           SYS_request_key,
                                                           SYS_userfaultfd,
                                                           SYS_init_module,
                                                           SYS_finit_module,
                                                           SYS_delete_module,
                                                           SYS_kexec_load,
                                                           SYS_reboot,
                                                           SYS_perf_event_open};

sock_filter statement(unsigned code, std::uint32_t value) {
  return sock_filter{static_cast<std::uint16_t>(code), 0, 0, value};
}

sock_filter jump(unsigned code, std::uint32_t value, std::size_t if_true, std::size_t if_false) {
  return sock_filter{static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_true),
                     static_cast<std::uint8_t>(if_false), value};
}

std::vector<sock_filter> program() {
  std::vector<sock_filter> filter;
  filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  filter.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0));
  filter.push_back(statement(BPF_RET | BPF_K, forbidden));  // a foreign call table would go around the list
  filter.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (std::size_t i = 0; i < forbidden_calls.size(); ++i) {
    filter.push_back(jump(BPF_JMP | BPF_JEQ | BPF_K, forbidden_calls[i], forbidden_calls.size() - i, 0));
  }
  filter.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  filter.push_back(statement(BPF_RET | BPF_K, forbidden));
  return filter;
}

}  // namespace

Result<bool> forbid_system_calls() {
  if (architecture == 0) return false;
  std::vector<sock_filter> filter = program();
  const sock_fprog code{static_cast<unsigned short>(filter.size()), filter.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &code, 0, 0) != 0) {
    if (errno == EINVAL || errno == ENOSYS) return false;  // a kernel without it
    const std::error_code why(errno, std::generic_category());
    return Error::temporary(Condition::unavailable, "cannot enter the seccomp filter: " + why.message());
  }
  return true;
}

}  // namespace mailtree::loop
