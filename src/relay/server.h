// SPDX-License-Identifier: Apache-2.0
// relayd without its process: takes Attempt from queued, finds the host, speaks SMTP or LMTP with it, answers with what
// became of each recipient. Keeps nothing: what is not answered was not done, as far as queued knows.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/rpc.h"
#include "relay/host_finder.h"
#include "relay/messages.h"
#include "smtp/client/session.h"

namespace mailtree::config {
struct Settings;
}

namespace mailtree::relay {

class Server {
 public:
  static Result<std::unique_ptr<Server>> create(loop::Loop& loop, const config::Settings& settings);
  ~Server();  // after stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void allow_uids(std::vector<unsigned> uids) { rpc_.allow_uids(std::move(uids)); }
  void serve(UniqueFd listening) { rpc_.serve(std::move(listening)); }
  // Attempts under way may end until `deadline`; then their connections are cut.
  loop::Task<void> stop(loop::Deadline deadline);

  static constexpr std::size_t max_sessions_per_attempt = 2;  // hosts that were spoken to

 private:
  Server(loop::Loop& loop, const config::Settings& settings, std::unique_ptr<net::Resolver> resolver,
         std::shared_ptr<net::TlsContext> tls);
  loop::Task<Result<Attempted>> attempt(net::RpcRequest<Attempt> request);
  // One candidate. False: try the next one.
  loop::Task<bool> try_host(const Candidate& host, const Route& route, const Attempt& attempt, int message,
                            Attempted& answer);
  [[nodiscard]] smtp::client::Options options_for(const Candidate& host, const Route& route) const;

  loop::Loop& loop_;
  const config::Settings& settings_;
  std::unique_ptr<net::Resolver> resolver_;
  HostFinder finder_;
  std::shared_ptr<net::TlsContext> tls_;
  net::RpcServer rpc_;
  std::vector<smtp::client::Session*> sessions_;
};

}  // namespace mailtree::relay
