// SPDX-License-Identifier: Apache-2.0
// Server: stored, the only process that changes a partition. Answers the requests of ../messages.h on a Unix socket.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "log/log.h"
#include "loop/disk.h"
#include "loop/worker_pool.h"
#include "net/rpc.h"
#include "store/daemon/accounts.h"
#include "store/daemon/index_writer.h"
#include "store/daemon/partition.h"
#include "store/daemon/transfers.h"
#include "store/daemon/upkeep.h"
#include "store/inspection.h"
#include "store/messages.h"

namespace mailtree::store {

struct ServerOptions {
  std::string partition_path;
  std::string index_directory;
  std::string runtime_directory;       // emptied by a boot; each opening of the partition is noted in it. Empty = none
  std::string host_name;               // part of the file names of new accounts
  std::vector<unsigned> allowed_uids;  // of clients; empty = our own and root
  std::size_t index_map_bytes = std::size_t{64} << 30;
  std::size_t max_index_map_bytes = std::size_t{1} << 40;
  // A new index that failed like the one before is not begun again at once.
  std::chrono::seconds index_patience{10};
  AccountLimits limits;
  std::int64_t quota_grace_seconds = default_quota_grace_seconds;
  unsigned quota_warning_percent = default_quota_warning_percent;
  UpkeepPlan upkeep;
};

class Server {
 public:
  // About 16 pool threads let as many accounts share the journal commits of the file system.
  static constexpr std::size_t pool_threads = 16;

  Server(loop::Loop& loop, loop::WorkerPool& pool, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Takes the partition and opens the index: before rights are dropped or a sandbox is entered. Blocking.
  Result<void> open();
  // Called once when the index was removed under us, is ruined or full, or when there was none and can be one: this
  // process should end in order, the next one begins a new index.
  void on_index_lost(std::function<void()> handler) { index_lost_ = std::move(handler); }
  // Begins to answer on a listening Unix socket.
  void serve(UniqueFd listening);
  // Ends what runs, at the latest at the deadline; then the partition is free for another process.
  loop::Task<void> stop(loop::Deadline deadline);

  [[nodiscard]] Partition& partition() const { return *partition_; }

 private:
  template <typename Op>
  void answer();
  loop::Task<Result<net::WithDescriptors<NewMessageFile::Reply>>> new_message_file(
      net::RpcRequest<NewMessageFile> call);
  loop::Task<Result<OpenAccount::Reply>> open_account(net::RpcRequest<OpenAccount> call);
  loop::Task<Result<CopyResult>> move_to_account(net::RpcRequest<MoveToAccount> call);
  loop::Task<Result<Deliver::Reply>> deliver(net::RpcRequest<Deliver> call);
  loop::Task<Result<Append::Reply>> append(net::RpcRequest<Append> call);
  loop::Task<Result<net::WithDescriptors<OpenFile::Reply>>> open_file(net::RpcRequest<OpenFile> call);
  loop::Task<Result<ListAccounts::Reply>> list(net::RpcRequest<ListAccounts> call);
  loop::Task<Result<Watch::Reply>> watch(net::RpcRequest<Watch> call);
  void notify(const ChangeNotice& notice);
  [[nodiscard]] Result<std::unique_ptr<IndexWriter>> make_index() const;
  void look_after_index();
  loop::Task<void> release();
  [[nodiscard]] const char* index_trouble() const;
  [[nodiscard]] bool may_leave_index() const;
  void leave_index(log::Level level, const char* event);
  class Housekeeping;
  void forget(const std::shared_ptr<net::RpcPeer>& peer);

  loop::Loop& loop_;
  loop::WorkerPool& pool_;
  const ServerOptions options_;
  loop::RealDisk disk_;
  SystemClock clock_;
  std::unique_ptr<Partition> partition_;
  std::unique_ptr<IndexWriter> index_;
  std::unique_ptr<Accounts> accounts_;
  std::unique_ptr<Transfers> transfers_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<net::RpcServer> rpc_;
  std::unique_ptr<Housekeeping> housekeeping_;
  std::function<void()> index_lost_;
  std::chrono::steady_clock::time_point opened_at_;  // or looked for room last
  std::unordered_map<AccountKey, std::vector<std::shared_ptr<net::RpcPeer>>> watchers_;
};

}  // namespace mailtree::store
