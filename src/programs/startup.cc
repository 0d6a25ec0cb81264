// SPDX-License-Identifier: Apache-2.0
// Sockets, directories and limits at the start of a process, still with its first rights.
#include "programs/startup.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/ascii.h"
#include "log/log.h"
#include "loop/listen_socket.h"

namespace mailtree::programs {
namespace {

bool is_listening(int fd) {
  int value = 0;
  socklen_t size = sizeof(value);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

Error failed(const std::string& what) {
  const std::error_code why(errno, std::generic_category());
  return Error::temporary(Condition::unavailable, what + ": " + why.message());
}

}  // namespace

Result<std::vector<Listener>> parse_listeners(std::string_view text) {
  std::vector<Listener> listeners;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
    const std::size_t equals = item.find('=');
    const auto fd =
        equals == std::string_view::npos ? std::nullopt : ascii::number<unsigned>(item.substr(equals + 1), 65535U);
    if (!fd || *fd < 3 || !is_listening(static_cast<int>(*fd))) {
      return Error::permanent(Condition::syntax, "",
                              std::string(listeners_variable) + ": '" + std::string(item) +
                                  "' is no name=descriptor of a listening socket");
    }
    fcntl(static_cast<int>(*fd), F_SETFD, FD_CLOEXEC);
    listeners.push_back({std::string(item.substr(0, equals)), UniqueFd(static_cast<int>(*fd))});
  }
  return listeners;
}

UniqueFd take_ready_pipe() {
  const char* const text = std::getenv(ready_variable);
  const auto fd = text == nullptr ? std::nullopt : ascii::number<unsigned>(text, 65535U);
  unsetenv(ready_variable);
  if (!fd || *fd < 3 || fcntl(static_cast<int>(*fd), F_SETFD, FD_CLOEXEC) != 0) return UniqueFd();
  return UniqueFd(static_cast<int>(*fd));
}

Result<UniqueFd> open_tcp(const std::string& name, const config::Endpoint& endpoint) {
  auto fd = loop::listen_tcp(endpoint.host, endpoint.port);
  if (fd) return fd;
  Error error = fd.error();
  error.detail = "cannot open " + endpoint.text() + " (listeners." + name + "): " + error.detail;
  if (endpoint.port < 1024 && geteuid() != 0) error.detail += "; ports below 1024 need root";
  error.detail += "; see who has it with: ss -ltnp 'sport = :" + std::to_string(endpoint.port) + "'";
  return error;
}

Result<UniqueFd> open_socket(const config::Settings& settings, const std::string& name) {
  // Open to all users: who is at the other end is checked by uid when the connection is taken (SO_PEERCRED).
  constexpr unsigned mode_for_all = 0666, mode_for_us = 0600;
  return loop::listen_unix(settings.socket(name), geteuid() == 0 ? mode_for_all : mode_for_us);
}

Result<std::vector<Listener>> open_listeners(const config::Settings& settings, const DaemonLine& daemon,
                                             const std::string& instance) {
  std::vector<Listener> listeners;
  for (const std::string_view area : daemon.tcp) {
    const std::string name(area);
    for (const config::Endpoint& endpoint : endpoints_of(settings, area)) {
      auto fd = open_tcp(name, endpoint);
      if (!fd) return fd.error();
      listeners.push_back({name, std::move(*fd)});
    }
  }
  if (const std::string name = socket_name(daemon, instance); !name.empty()) {
    auto fd = open_socket(settings, name);
    if (!fd) return fd.error();
    listeners.push_back({name, std::move(*fd)});
  }
  return listeners;
}

Result<void> make_directory(const std::string& path, unsigned mode, const loop::User* owner) {
  constexpr mode_t mode_above = 0755;
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string above = path.substr(0, slash);
    if (mkdir(above.c_str(), mode_above) == 0) {
      chmod(above.c_str(), mode_above);  // whatever the umask
    } else if (errno != EEXIST) {
      return failed("cannot make the directory " + above);
    }
  }
  if (mkdir(path.c_str(), mode) != 0) {
    if (errno == EEXIST) return {};
    return failed("cannot make the directory " + path);
  }
  if (chmod(path.c_str(), mode) != 0) return failed("cannot set the mode of " + path);
  if (owner != nullptr && chown(path.c_str(), owner->uid, owner->gid) != 0) return failed("cannot give away " + path);
  return {};
}

Result<void> make_directories(const config::Settings& settings, const DaemonLine& daemon, const std::string& instance,
                              const loop::User* owner) {
  constexpr unsigned for_us_alone = 0700;
  for (const std::string& path : daemon.directories(settings, instance)) {
    if (auto made = make_directory(path, for_us_alone, owner); !made) return made;
  }
  return {};
}

std::string program_directory() {
  constexpr std::size_t longest = 4096;
  std::string path(longest, '\0');
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  path.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return path.substr(0, path.rfind('/'));
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // a failure leaves the limit as it was: fewer sessions, nothing worse
}

void apply_log_level(const std::string& name) {
  using log::Level;
  for (const Level level : {Level::debug, Level::info, Level::warning, Level::error, Level::alarm}) {
    if (log::name_of(level) == name) log::set_threshold(level);
  }
}

void log_lines(const Error& error) {
  std::string_view rest = error.detail;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    log::event(log::Level::error, "config.file.refused", {{"error", line}});
  }
}

}  // namespace mailtree::programs
