// SPDX-License-Identifier: Apache-2.0
// mailtree-relayd: SMTP to other hosts. No files of its own; one message at a time by descriptor.
#include "programs/bootstrap.h"
#include "relay/server.h"

namespace {

using mailtree::Result;
using mailtree::loop::Deadline;
using mailtree::loop::Task;
using mailtree::programs::Context;
using mailtree::relay::Server;

Task<Result<void>> serve(Context& context) {
  auto server = Server::create(context.loop, context.settings);
  if (!server) co_return server.error();
  (*server)->allow_uids(context.peer_uids);
  (*server)->serve(context.take("relayd"));
  context.ready();
  const auto stopped = co_await context.stop.wait(Deadline::never());
  static_cast<void>(stopped);
  co_await (*server)->stop(Context::stop_deadline());
  co_return Result<void>{};
}

}  // namespace

int main(int argc, char** argv) { return mailtree::programs::run_daemon(argc, argv, "relayd", serve); }
