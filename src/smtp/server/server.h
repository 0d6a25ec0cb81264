// SPDX-License-Identifier: Apache-2.0
// smtpd without its process: listeners of all four roles, their sessions, their common end.
#pragma once

#include <memory>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/listen_socket.h"
#include "loop/task_group.h"
#include "net/tls_context.h"
#include "smtp/server/policy/client_limits.h"
#include "smtp/server/role.h"
#include "smtp/server/services.h"

namespace mailtree::smtp {

class Session;

class Server {
 public:
  // `processes`: how many share the bound on connections.
  Server(loop::Loop& loop, const config::Settings& settings, Backends& backends, const Clock& clock,
         std::uint64_t processes);
  ~Server();  // after stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Reads certificate and key; on error the old ones stay. Without a configured certificate TLS is not offered.
  Result<void> load_certificate();
  void listen(Role role, UniqueFd listening);
  // No new sessions; idle ones get 421, the others until `deadline` to finish their command.
  loop::Task<void> stop(loop::Deadline deadline);

 private:
  void accept(Role role, UniqueFd connection);
  loop::Task<void> serve(Role role, UniqueFd connection);

  loop::Loop& loop_;
  const config::Settings& settings_;
  policy::ClientLimits limits_;
  loop::TaskGroup tasks_;
  std::unique_ptr<net::TlsStore> tls_;
  Services services_;
  std::vector<std::unique_ptr<loop::ListenSocket>> listeners_;
  std::unordered_set<Session*> sessions_;
  bool stopping_ = false;
};

}  // namespace mailtree::smtp
