// SPDX-License-Identifier: Apache-2.0
// queued without its process: answers Submit and the operator's requests, reads the queue at start, runs the schedule.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/disk.h"
#include "loop/task_group.h"
#include "loop/worker_pool.h"
#include "net/rpc.h"
#include "queue/messages.h"
#include "queue/spool.h"

namespace mailtree::config {
struct Settings;
}

namespace mailtree::queue {

class Ledger;
class Runner;
struct Services;

class Server {
 public:
  // Opens the queue's directory; an error there is final for this process.
  static Result<std::unique_ptr<Server>> create(loop::Loop& loop, const config::Settings& settings, loop::Disk& disk,
                                                const Clock& clock);
  ~Server();  // after stop()
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void allow_uids(std::vector<unsigned> uids) { rpc_.allow_uids(std::move(uids)); }
  // Takes requests, and begins to read the queue and to work.
  void serve(UniqueFd listening);
  loop::Task<void> stop(loop::Deadline deadline);

 private:
  using Descriptors = std::vector<UniqueFd>;
  Server(loop::Loop& loop, const config::Settings& settings, loop::Disk& disk, const Clock& clock,
         std::unique_ptr<Spool> spool);
  void register_handlers();
  loop::Task<void> load_all();   // in the background, from the start on
  loop::Task<void> load_rest();  // returns when the whole queue has been read
  void disconnect();

  loop::Task<Result<net::WithDescriptors<MessageFile>>> new_message_file(net::RpcRequest<NewMessageFile> request);
  loop::Task<Result<Submitted>> submit(net::RpcRequest<Submit> request);
  loop::Task<Result<QueuePage>> list(net::RpcRequest<QueueList> request);
  loop::Task<Result<QueueDone>> flush(net::RpcRequest<QueueFlush> request);
  loop::Task<Result<QueueDone>> hold(net::RpcRequest<QueueHold> request);
  loop::Task<Result<QueueDone>> remove(net::RpcRequest<QueueRemove> request);
  [[nodiscard]] Result<void> check(const Submit& request) const;

  loop::Loop& loop_;
  const config::Settings& settings_;
  const Clock& clock_;
  std::unique_ptr<Spool> spool_;
  loop::WorkerPool pool_;
  std::map<std::string, std::unique_ptr<net::RpcClient>> stores_;
  struct Clients;
  std::unique_ptr<Clients> clients_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Runner> runner_;
  net::RpcServer rpc_;
  loop::TaskGroup tasks_;
  bool loaded_ = false;
  bool stopping_ = false;
};

}  // namespace mailtree::queue
