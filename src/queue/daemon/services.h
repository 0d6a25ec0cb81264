// SPDX-License-Identifier: Apache-2.0
// What the parts of queued share. All of it outlives them; loop thread only, but for disk and spool (WorkerPool jobs).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "loop/disk.h"
#include "loop/worker_pool.h"
#include "queue/daemon/ledger.h"
#include "queue/spool.h"

namespace mailtree::config {
struct Settings;
}
namespace mailtree::net {
class RpcClient;
}

namespace mailtree::queue {

struct Services {
  loop::Loop& loop;
  loop::WorkerPool& pool;
  loop::Disk& disk;
  Spool& spool;
  Ledger& ledger;
  const Clock& clock;
  const config::Settings& settings;
  net::RpcClient& directory;
  net::RpcClient& relay;
  std::map<std::string, std::unique_ptr<net::RpcClient>>& stores;  // by partition name
};

}  // namespace mailtree::queue
