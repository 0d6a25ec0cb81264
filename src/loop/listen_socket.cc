// SPDX-License-Identifier: Apache-2.0
#include "loop/listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "loop/poll_watcher.h"
#include "loop/signal.h"

namespace mailtree::loop {
namespace {

constexpr int backlog = 4096;

Error failed(const std::string& what) {
  return Error::temporary(Condition::unavailable, what + ": " + std::strerror(errno));
}

Result<UniqueFd> bind_and_listen(int family, const sockaddr* address, socklen_t size, const std::string& name) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return failed("socket");
  const int on = 1;
  if (family != AF_UNIX) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), address, size) != 0) return failed("cannot bind " + name);
  if (::listen(fd.get(), backlog) != 0) return failed("cannot listen on " + name);
  return fd;
}

}  // namespace

Result<UniqueFd> listen_tcp(const std::string& host, std::uint16_t port) {
  const std::string name = host + " port " + std::to_string(port);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return bind_and_listen(AF_INET, reinterpret_cast<const sockaddr*>(&v4), sizeof v4, name);
  }
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return bind_and_listen(AF_INET6, reinterpret_cast<const sockaddr*>(&v6), sizeof v6, name);
  }
  return Error::permanent(Condition::syntax, "Bad address", "not a numeric address: " + host);
}

Result<UniqueFd> listen_unix(const std::string& path, unsigned mode) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    return Error::permanent(Condition::too_long, "Path too long", "socket path over 107 octets: " + path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ::unlink(path.c_str());  // left by an instance that was killed; our own lock keeps a second one away
  auto fd = bind_and_listen(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, path);
  if (fd && ::chmod(path.c_str(), mode) != 0) return failed("chmod " + path);
  return fd;
}

std::uint16_t local_port(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  if (storage.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

struct ListenSocket::Parts : Timer {
  Parts(Loop& l, UniqueFd f, std::function<void(UniqueFd)> a) : loop(l), fd(std::move(f)), accepted(std::move(a)) {}

  void accept_some();
  void expired() override { watcher->watch(true, false); }

  Loop& loop;
  UniqueFd fd;
  std::function<void(UniqueFd)> accepted;
  std::unique_ptr<PollWatcher> watcher;
};

void ListenSocket::Parts::accept_some() {
  // A bounded share per turn: other processes accept from the same queue, other sessions wait for this loop.
  for (int i = 0; i < 16; ++i) {
    UniqueFd connection(::accept4(fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection) {
      accepted(std::move(connection));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      watcher->watch(false, false);  // no descriptors left: let some sessions end
      loop.schedule(*this, Deadline::after(std::chrono::milliseconds(200)));
    }
    return;
  }
}

ListenSocket::ListenSocket(Loop& loop, UniqueFd fd, std::function<void(UniqueFd)> accepted)
    : parts_(std::make_unique<Parts>(loop, std::move(fd), std::move(accepted))) {
  auto* parts = parts_.get();
  parts_->watcher =
      std::make_unique<PollWatcher>(loop, parts_->fd.get(), [parts](bool, bool) { parts->accept_some(); });
  parts_->watcher->watch(true, false);
}

ListenSocket::~ListenSocket() = default;

void ListenSocket::pause() {
  parts_->unlink();
  parts_->watcher->watch(false, false);
}

void ListenSocket::resume() {
  parts_->watcher->watch(true, false);
}

}  // namespace mailtree::loop
