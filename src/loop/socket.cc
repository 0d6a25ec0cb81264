// SPDX-License-Identifier: Apache-2.0
#include "loop/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "loop/poll_watcher.h"

namespace mailtree::loop {

// Lives until libuv's close callback, longer than its Socket.
struct Socket::Handle {
  explicit Handle(Loop& l) : loop(l), readable(l), written(l) {}

  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } uv{};
  Loop& loop;
  Signal readable, written;
  std::string input;
  std::optional<Error> failure;
  bool ended = false;  // FIN seen
  bool reading = false;
  bool open = true;  // the Socket still exists
  int writing = 0;   // requests libuv owns
  PeerAddress peer, local;

  void start_reading();
  void received(ssize_t count);
  void fail(Error error);
};

namespace {

// Owned by libuv between uv_write and its callback: the rest of what the kernel did not take at once.
struct WriteRequest {
  uv_write_t request{};
  std::string rest;
};

Error system_error(const char* what, int code) {
  const Condition condition = code == UV_ECONNRESET || code == UV_EPIPE ? Condition::closed : Condition::unavailable;
  return Error::cancelled(condition, std::string(what) + ": " + uv_strerror(code));
}

PeerAddress address_of(const sockaddr_storage& storage) {
  PeerAddress address;
  char text[INET6_ADDRSTRLEN] = "";
  if (storage.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    address.port = ntohs(in.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(storage);
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr))
      inet_ntop(AF_INET, &in.sin6_addr.s6_addr[12], text, sizeof text);
    else
      inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
    address.port = ntohs(in.sin6_port);
  }
  address.host = text;
  return address;
}

Result<sockaddr_storage> numeric_address(const std::string& host, std::uint16_t port) {
  sockaddr_storage storage{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return storage;
  }
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return storage;
  }
  return Error::permanent(Condition::syntax, "Bad address", "not a numeric address: " + host);
}

socklen_t length_of(const sockaddr_storage& storage) {
  return storage.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

}  // namespace

void Socket::Handle::start_reading() {
  if (reading || !open || ended || failure) return;
  reading = true;
  uv_read_start(
      &uv.stream,
      [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
        auto* self = static_cast<Handle*>(handle->data);
        *buffer = uv_buf_init(self->loop.read_buffer(), Loop::read_buffer_bytes);
      },
      [](uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
        auto* self = static_cast<Handle*>(stream->data);
        const Turn turn(self->loop);
        self->received(count);
      });
}

void Socket::Handle::received(ssize_t count) {
  if (count > 0) {
    input.append(loop.read_buffer(), static_cast<std::size_t>(count));
    if (input.size() >= read_ahead_bytes) {
      uv_read_stop(&uv.stream);
      reading = false;
    }
  } else if (count == UV_EOF) {
    ended = true;
    uv_read_stop(&uv.stream);
    reading = false;
  } else if (count < 0) {
    fail(system_error("read", static_cast<int>(count)));
  } else {
    return;  // nothing for now
  }
  readable.set();
}

void Socket::Handle::fail(Error error) {
  if (failure) return;
  failure = std::move(error);
  if (reading) uv_read_stop(&uv.stream);
  reading = false;
  readable.cancel(*failure);
  written.cancel(*failure);
}

Result<std::unique_ptr<Socket>> Socket::adopt(Loop& loop, UniqueFd fd) {
  sockaddr_storage peer{}, local{};
  socklen_t size = sizeof local;
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &size) != 0)
    return Error::temporary(Condition::unavailable, std::string("getsockname: ") + std::strerror(errno));
  size = sizeof peer;
  if (getpeername(fd.get(), reinterpret_cast<sockaddr*>(&peer), &size) != 0)
    return Error::cancelled(Condition::closed, std::string("getpeername: ") + std::strerror(errno));
  auto* handle = new Handle(loop);
  int status;
  if (local.ss_family == AF_UNIX) {
    uv_pipe_init(loop.raw(), &handle->uv.pipe, 0);
    status = uv_pipe_open(&handle->uv.pipe, fd.get());
  } else {
    uv_tcp_init(loop.raw(), &handle->uv.tcp);
    status = uv_tcp_open(&handle->uv.tcp, fd.get());
    // Without it handshakes and pipelined replies wait 40 ms for an ACK.
    if (status == 0) uv_tcp_nodelay(&handle->uv.tcp, 1);
    handle->peer = address_of(peer);
    handle->local = address_of(local);
  }
  handle->uv.handle.data = handle;
  std::unique_ptr<Socket> socket(new Socket(handle));
  if (status != 0) return system_error("open", status);
  static_cast<void>(fd.release());
  handle->start_reading();
  return socket;
}

namespace {

// Awaits the end of a non-blocking connect(2).
Task<Result<void>> connected(Loop& loop, int fd, Deadline deadline) {
  Signal writable(loop);
  PollWatcher watcher(loop, fd, [&writable](bool, bool) { writable.set(); });
  watcher.watch(false, true);
  const auto waited = co_await writable.wait(deadline);
  watcher.watch(false, false);
  if (!waited) co_return Error::temporary(Condition::timeout, "connect: deadline");
  int failure = 0;
  socklen_t size = sizeof failure;
  getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0)
    co_return Error::temporary(Condition::unavailable, std::string("connect: ") + std::strerror(failure));
  co_return Result<void>();
}

}  // namespace

Task<Result<std::unique_ptr<Socket>>> Socket::connect_tcp(Loop& loop, std::string host, std::uint16_t port,
                                                          std::string source, Deadline deadline) {
  const auto address = numeric_address(host, port);
  if (!address) co_return address.error();
  UniqueFd fd(::socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) co_return Error::temporary(Condition::limit, std::string("socket: ") + std::strerror(errno));
  if (!source.empty()) {
    const auto from = numeric_address(source, 0);
    if (!from) co_return from.error();
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*from), length_of(*from)) != 0)
      co_return Error::temporary(Condition::unavailable, std::string("bind ") + source + ": " + std::strerror(errno));
  }
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), length_of(*address)) != 0) {
    if (errno != EINPROGRESS)
      co_return Error::temporary(Condition::unavailable, std::string("connect: ") + std::strerror(errno));
    const auto waited = co_await connected(loop, fd.get(), deadline);
    if (!waited) co_return waited.error();
  }
  co_return adopt(loop, std::move(fd));
}

Task<Result<std::unique_ptr<Socket>>> Socket::connect_unix(Loop& loop, std::string path, Deadline deadline) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    co_return Error::permanent(Condition::too_long, "Path too long", "socket path over 107 octets: " + path);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) co_return Error::temporary(Condition::limit, std::string("socket: ") + std::strerror(errno));
  // A full backlog answers EAGAIN at once: try again until the deadline.
  while (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno != EAGAIN || deadline.has_passed())
      co_return Error::temporary(Condition::unavailable, "connect " + path + ": " + std::strerror(errno));
    co_await sleep(loop, std::chrono::milliseconds(50));
  }
  co_return adopt(loop, std::move(fd));
}

Socket::~Socket() {
  handle_->open = false;
  handle_->fail(Error::cancelled(Condition::stopping, "socket destroyed"));
  uv_close(&handle_->uv.handle, [](uv_handle_t* handle) { delete static_cast<Handle*>(handle->data); });
}

std::string& Socket::input() {
  return handle_->input;
}

Task<Result<std::size_t>> Socket::fill(Deadline deadline) {
  Handle& self = *handle_;
  const std::size_t before = self.input.size();
  self.start_reading();  // however much lies there: whoever asks for more shall get it
  // A set signal may be left from octets that were consumed already: wait until there is news.
  while (self.input.size() == before && !self.ended && !self.failure) {
    const auto waited = co_await self.readable.wait(deadline);
    if (!waited) {
      if (!self.failure) self.failure = waited.error();
      break;
    }
    if (self.input.size() < before) break;
  }
  if (self.input.size() > before) co_return self.input.size();
  if (self.failure) co_return *self.failure;
  co_return std::size_t{0};
}

Task<Result<void>> Socket::write(std::string_view bytes, Deadline deadline) {
  Handle& self = *handle_;
  if (self.failure) co_return *self.failure;
  if (bytes.empty()) co_return Result<void>();
  uv_buf_t buffer = uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int sent = uv_try_write(&self.uv.stream, &buffer, 1);
  if (sent == static_cast<int>(bytes.size())) co_return Result<void>();
  if (sent < 0 && sent != UV_EAGAIN) {
    self.fail(system_error("write", sent));
    co_return *self.failure;
  }
  auto* request = new WriteRequest;
  request->rest = bytes.substr(sent > 0 ? static_cast<std::size_t>(sent) : 0);
  request->request.data = &self;
  buffer = uv_buf_init(request->rest.data(), static_cast<unsigned>(request->rest.size()));
  const auto finished = [](uv_write_t* raw, int status) {
    // Cancelled by uv_close, its callback runs before the close callback: the handle still exists.
    auto* handle = static_cast<Handle*>(raw->data);
    const Turn turn(handle->loop);
    delete reinterpret_cast<WriteRequest*>(raw);
    --handle->writing;
    if (status < 0) handle->fail(system_error("write", status));
    handle->written.set();
  };
  ++self.writing;
  const int status = uv_write(&request->request, &self.uv.stream, &buffer, 1, finished);
  if (status != 0) {
    --self.writing;
    delete request;
    self.fail(system_error("write", status));
    co_return *self.failure;
  }
  while (self.writing > 0) {
    const auto waited = co_await self.written.wait(deadline);
    if (!waited) {
      self.fail(waited.error());
      co_return *self.failure;
    }
  }
  co_return Result<void>();
}

void Socket::finish() {
  if (handle_->failure) return;
  auto* request = new uv_shutdown_t{};
  const int status = uv_shutdown(request, &handle_->uv.stream, [](uv_shutdown_t* done, int) { delete done; });
  if (status != 0) delete request;
}

void Socket::cancel(const Error& error) {
  handle_->fail(error);
}

bool Socket::peer_closed() const {
  return handle_->ended || handle_->failure.has_value();
}

const PeerAddress& Socket::peer() const {
  return handle_->peer;
}
const PeerAddress& Socket::local() const {
  return handle_->local;
}

Result<UniqueFd> Socket::detach() {
  uv_os_fd_t fd = -1;
  if (handle_->failure) return *handle_->failure;
  if (uv_fileno(&handle_->uv.handle, &fd) != 0) return Error::temporary(Condition::unavailable, "no descriptor");
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) return Error::temporary(Condition::limit, std::string("dup: ") + std::strerror(errno));
  handle_->fail(Error::cancelled(Condition::closed, "passed to another process"));
  return copy;
}

}  // namespace mailtree::loop
