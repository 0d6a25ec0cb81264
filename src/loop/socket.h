// SPDX-License-Identifier: Apache-2.0
// Socket: a connected TCP or Unix stream socket. Reads ahead into input() up to a bound, so that a peer that goes away
// is noticed while its session works; writes with back-pressure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/loop.h"
#include "loop/signal.h"
#include "loop/task.h"

namespace mailtree::loop {

// Numeric address of a peer. host is empty for Unix sockets.
struct PeerAddress {
  std::string host;
  std::uint16_t port = 0;
};

class Socket {
 public:
  static constexpr std::size_t read_ahead_bytes = 128 * 1024;  // reading ahead pauses while input() holds more

  // Takes a connected stream socket (TCP or Unix). TCP gets TCP_NODELAY.
  static Result<std::unique_ptr<Socket>> adopt(Loop& loop, UniqueFd fd);
  // `host` is a numeric address; `source`, if not empty, the local address to bind.
  static Task<Result<std::unique_ptr<Socket>>> connect_tcp(Loop& loop, std::string host, std::uint16_t port,
                                                           std::string source, Deadline deadline);
  static Task<Result<std::unique_ptr<Socket>>> connect_unix(Loop& loop, std::string path, Deadline deadline);

  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Received and not yet consumed; the reader erases what it takes.
  [[nodiscard]] std::string& input();
  // Waits until octets were added to input(); returns how many there are then in all. 0 = the peer ended the stream.
  Task<Result<std::size_t>> fill(Deadline deadline);
  // Returns when the kernel has all of `bytes`. They must stay valid until then. One writer at a time.
  Task<Result<void>> write(std::string_view bytes, Deadline deadline);
  // Ends our direction (FIN) after what was written.
  void finish();
  // The running and every later fill() and write() fail with `error`.
  void cancel(const Error& error);
  [[nodiscard]] bool peer_closed() const;  // end of stream or failure seen

  [[nodiscard]] const PeerAddress& peer() const;
  [[nodiscard]] const PeerAddress& local() const;
  // For passing the connection to another process: gives a duplicate of the descriptor and goes silent.
  Result<UniqueFd> detach();

 private:
  struct Handle;
  explicit Socket(Handle* handle) : handle_(handle) {}
  Handle* handle_;
};

}  // namespace mailtree::loop
