// SPDX-License-Identifier: Apache-2.0
// mailtree-stored: the only process that changes a storage partition. One an instance; its instance is the partition.
#include "loop/worker_pool.h"
#include "programs/bootstrap.h"
#include "programs/daemon_table.h"
#include "store/daemon/server.h"

namespace {

using mailtree::Condition;
using mailtree::Error;
using mailtree::Result;
using mailtree::loop::Deadline;
using mailtree::loop::Task;
using mailtree::loop::WorkerPool;
using mailtree::programs::Context;
using mailtree::store::Server;
using mailtree::store::ServerOptions;

Task<Result<void>> serve(Context& context) {
  const mailtree::config::Partition* const partition = context.settings.partition(context.instance);
  if (partition == nullptr) {
    co_return Error::permanent(Condition::none, "no such partition",
                               "partition '" + context.instance + "' is not configured");
  }
  ServerOptions options;
  options.partition_path = partition->path;
  options.index_directory = partition->index_directory;
  options.runtime_directory = mailtree::programs::openings_directory(context.settings);
  options.host_name = context.settings.host_name;
  options.allowed_uids = context.peer_uids;
  options.quota_grace_seconds = static_cast<std::int64_t>(context.settings.store.quota_grace_seconds);
  options.quota_warning_percent = static_cast<unsigned>(context.settings.store.quota_warning_percent);
  options.upkeep.naming.after = std::chrono::seconds(context.settings.store.flags_in_names_seconds);
  WorkerPool pool(context.loop, Server::pool_threads);
  Server server(context.loop, pool, std::move(options));
  if (auto opened = server.open(); !opened) co_return opened.error();
  bool lost = false;
  server.on_index_lost([&lost, &context] {
    lost = true;
    context.stop.set();
  });
  server.serve(context.take("stored-" + partition->name));
  context.ready();
  const auto stopped = co_await context.stop.wait(Deadline::never());
  static_cast<void>(stopped);
  co_await server.stop(Context::stop_deadline());
  if (lost) co_return Error::temporary(Condition::unavailable, "the index has to be begun anew");
  co_return Result<void>{};
}

}  // namespace

int main(int argc, char** argv) {
  return mailtree::programs::run_daemon(argc, argv, "stored", serve);
}
