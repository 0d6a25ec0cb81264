// SPDX-License-Identifier: Apache-2.0
// What the main() of every daemon does: read the configuration, take the sockets, drop the rights, run the loop, stop
// in order. A daemon is one function:
//
//   Task<Result<void>> serve(Context& context) {
//     net::RpcServer server(context.loop);
//     server.allow_uids(context.peer_uids);
//     server.serve(context.take("queued"));
//     context.ready();
//     const auto stopped = co_await context.stop.wait(Deadline::never());
//     co_await server.stop(context.stop_deadline());
//     co_return Result<void>{};
//   }
//   int main(int argc, char** argv) { return run_daemon(argc, argv, "queued", serve); }
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/settings.h"
#include "loop/loop.h"
#include "loop/signal.h"
#include "loop/task.h"

namespace mailtree::programs {

// A listening socket, opened by mailtreed or, when the daemon runs alone, before it dropped its rights.
struct Listener {
  std::string name;  // "smtp", "imaps", …: an area of [listeners]; or the name of a Unix socket
  UniqueFd fd;
};

// Lives as long as the daemon.
struct Context {
  loop::Loop& loop;
  const config::Settings& settings;
  std::string instance;  // stored: its partition; workers: "1", "2", …
  std::vector<Listener> listeners;
  loop::Signal& stop;                // set once, by SIGTERM or SIGINT
  std::vector<unsigned> peer_uids;   // for RpcServer::allow_uids
  std::function<void()> on_reload;   // called at SIGHUP: read certificates again

  // The first listener of that name, to serve on; an invalid descriptor if none is set.
  UniqueFd take(std::string_view name);
  // All of that name: a port may be open on several addresses.
  std::vector<UniqueFd> take_all(std::string_view name);

  // Says that sessions are served from here on: to the log and to mailtreed. Every daemon has to.
  void ready();
  UniqueFd ready_pipe;  // towards mailtreed
  // Sessions have this long to end when a stop was asked for.
  [[nodiscard]] static loop::Deadline stop_deadline();
};

using Serve = loop::Task<Result<void>> (*)(Context& context);

// Exit status: 0 stopped as asked, 1 failed (worth another start), 78 wrong configuration (EX_CONFIG), 64 wrong use.
int run_daemon(int argc, char** argv, std::string_view name, Serve serve);

}  // namespace mailtree::programs
