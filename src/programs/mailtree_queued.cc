// SPDX-License-Identifier: Apache-2.0
// mailtree-queued: keeps accepted mail that is not plain local until everybody has it or was told that it failed.
#include "base/clock.h"
#include "loop/disk.h"
#include "programs/bootstrap.h"
#include "queue/daemon/server.h"

namespace {

using mailtree::Result;
using mailtree::loop::Deadline;
using mailtree::loop::Task;
using mailtree::programs::Context;
using mailtree::queue::Server;

Task<Result<void>> serve(Context& context) {
  mailtree::loop::RealDisk disk;
  const mailtree::SystemClock clock;
  auto server = Server::create(context.loop, context.settings, disk, clock);
  if (!server) co_return server.error();
  (*server)->allow_uids(context.peer_uids);
  (*server)->serve(context.take("queued"));
  context.ready();
  const auto stopped = co_await context.stop.wait(Deadline::never());
  static_cast<void>(stopped);
  co_await (*server)->stop(Context::stop_deadline());
  co_return Result<void>{};
}

}  // namespace

int main(int argc, char** argv) { return mailtree::programs::run_daemon(argc, argv, "queued", serve); }
