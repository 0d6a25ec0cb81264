// SPDX-License-Identifier: Apache-2.0
// A POSIX lock rather than flock(2): F_GETLK names the holder, so no number in a file has to be believed.
#include "programs/run_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <system_error>
#include <thread>

#include "log/log.h"
#include "programs/state_file.h"

namespace mailtree::programs {
namespace {

std::string lock_path(const std::string& run_directory) {
  return run_directory + "/lock";
}

Error failed(const std::string& what) {
  const std::error_code why(errno, std::generic_category());
  return Error::temporary(Condition::unavailable, what + ": " + why.message());
}

// A number may have been given to another program since: only our own programs count.
bool is_our_daemon(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name.rfind("mailtree-", 0) == 0;
}

// Calls `each` for every daemon of the state file that still runs; returns how many.
template <typename Each>
int for_each_orphan(const Pids& pids, Each each) {
  int count = 0;
  for (const auto& [name, list] : pids) {
    for (const pid_t pid : list) {
      if (name == "mailtreed" || !is_our_daemon(pid)) continue;
      ++count;
      each(name, pid);
    }
  }
  return count;
}

}  // namespace

Result<UniqueFd> take_run_lock(const std::string& run_directory) {
  constexpr mode_t for_all_to_see = 0644;
  const std::string path = lock_path(run_directory);
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, for_all_to_see));
  if (!fd) return failed("cannot open " + path);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  if (fcntl(fd.get(), F_SETLK, &lock) != 0) {
    const auto holder = lock_holder(run_directory);
    return Error::permanent(Condition::exists, "",
                            "mailtreed already runs" + (holder ? " as process " + std::to_string(*holder) : "") +
                                " in " + run_directory + "; stop it with 'mailtree stop'");
  }
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(fd.get(), 0) != 0 || write(fd.get(), text.data(), text.size()) < 0)
    return failed("cannot write " + path);
  return fd;
}

std::optional<pid_t> lock_holder(const std::string& run_directory) {
  const UniqueFd fd(open(lock_path(run_directory).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  if (fcntl(fd.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

void end_orphans(const std::string& run_directory) {
  constexpr std::chrono::milliseconds patience{7000}, patience_after_kill{2000}, step{50};
  const Pids pids = read_state(run_directory + "/state.json");
  const auto wait = [&](std::chrono::milliseconds span) {
    const auto look = [](const std::string&, pid_t) {};
    const auto end = std::chrono::steady_clock::now() + span;
    while (for_each_orphan(pids, look) > 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(step);
  };
  wait(patience);
  const int killed = for_each_orphan(pids, [](const std::string& name, pid_t pid) {
    log::event(log::Level::warning, "master.orphan.killed", {{"name", name}, {"child", pid}});
    kill(pid, SIGKILL);
  });
  if (killed > 0) wait(patience_after_kill);  // they hold the ports until they are gone
}

}  // namespace mailtree::programs
