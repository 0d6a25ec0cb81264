// SPDX-License-Identifier: Apache-2.0
// Stream: a connection as sessions see it; plain, TLS or in memory. Reading fills input(), the session takes from its
// front. After an Error of any call the stream is dead: later calls fail at once with the same error.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "loop/deadline.h"
#include "loop/socket.h"
#include "loop/task.h"

namespace mailtree::net {

using loop::Deadline;
using loop::Task;

// What a session may want to know of the other side.
struct PeerFacts {
  std::string host;  // numeric address; empty for Unix sockets and memory
  std::uint16_t port = 0;
  std::string local_host;
  std::uint16_t local_port = 0;
  bool tls = false;
  std::string tls_version;  // "TLSv1.3"
  std::string tls_cipher;
};

class Stream {
 public:
  virtual ~Stream() = default;

  // Octets received and not yet consumed. Erase from its front what you take.
  [[nodiscard]] virtual std::string& input() = 0;
  // Waits until octets were added to input(); returns how many are there in all. 0 = the peer ended the stream in an
  // orderly way (TLS: with close_notify; a bare FIN below TLS is Error{cancelled, closed}).
  virtual Task<Result<std::size_t>> fill(Deadline deadline) = 0;
  // Returns when the kernel took all of it: that is the back-pressure. `bytes` must stay valid meanwhile.
  virtual Task<Result<void>> write(std::string_view bytes, Deadline deadline) = 0;
  // Orderly end of our direction: close_notify, FIN. The stream is then destroyed by its owner.
  virtual Task<Result<void>> shut(Deadline deadline) = 0;
  // Sticky: running and later calls fail with `error`. Never call from inside the session itself.
  virtual void cancel(const Error& error) = 0;
  // The peer has gone, though input() may still hold octets.
  [[nodiscard]] virtual bool peer_closed() const = 0;
  [[nodiscard]] virtual const PeerFacts& facts() const = 0;
  // Plain sockets only: the descriptor, for passing the connection on; null otherwise.
  virtual loop::Socket* socket() { return nullptr; }
};

std::unique_ptr<Stream> plain_stream(std::unique_ptr<loop::Socket> socket);

}  // namespace mailtree::net
