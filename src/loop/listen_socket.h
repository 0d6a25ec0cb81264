// SPDX-License-Identifier: Apache-2.0
// ListenSocket: accepts connections from a listening descriptor (TCP or Unix), opened here or inherited.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/loop.h"

namespace mailtree::loop {

// Bound and listening, close-on-exec, not yet accepting. Port 0 picks one. Backlog 4096.
Result<UniqueFd> listen_tcp(const std::string& host, std::uint16_t port);
// Replaces a stale socket file. `mode` is the file's mode.
Result<UniqueFd> listen_unix(const std::string& path, unsigned mode);
// The port a listening TCP socket has.
std::uint16_t local_port(int fd);

class ListenSocket {
 public:
  // `accepted` gets each connection as a descriptor (non-blocking, close-on-exec), on the loop's thread.
  ListenSocket(Loop& loop, UniqueFd fd, std::function<void(UniqueFd connection)> accepted);
  ~ListenSocket();
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;

  void pause();   // connections wait in the backlog
  void resume();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mailtree::loop
