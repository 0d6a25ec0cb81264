// SPDX-License-Identifier: Apache-2.0
// frontd: accepts IMAP and POP3 connections, bounds them, and runs the dialogue before login.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/unique_fd.h"
#include "front/connection.h"
#include "front/services.h"
#include "loop/listen_socket.h"
#include "loop/task_group.h"

namespace mailtree::front {

enum class Protocol : unsigned char { imap, imaps, pop3, pop3s };
// The name of its listeners in the settings.
std::string_view name_of(Protocol protocol);

class Server {
 public:
  Server(loop::Loop& loop, Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Loads the certificate. The old one stays when the new one is no good (T07).
  Result<void> load_certificate();
  void listen(Protocol protocol, UniqueFd listening);
  // No more connections; those before login are ended, those handed over with TLS have until `deadline`.
  Task<void> stop(Deadline deadline);
  [[nodiscard]] std::size_t connections() const { return tasks_.size(); }

 private:
  void accepted(Protocol protocol, UniqueFd connection);
  Task<void> run(Protocol protocol, std::unique_ptr<net::Stream> stream);
  bool admit(const std::string& client);

  loop::Loop& loop_;
  Options options_;
  std::unique_ptr<net::TlsStore> tls_;
  net::RpcClient directory_;
  Services services_;
  std::vector<std::unique_ptr<loop::ListenSocket>> listeners_;
  std::unordered_map<std::string, std::size_t> clients_;  // connections by address
  std::unordered_set<Connection*> running_;
  loop::TaskGroup tasks_;
};

}  // namespace mailtree::front
