// SPDX-License-Identifier: Apache-2.0
// Requests become operations; descriptors are checked and their data made durable before an account sees them.
#include "store/daemon/server.h"

#include <sys/stat.h>

#include <algorithm>

#include "log/log.h"
#include "store/daemon/account_list.h"
#include "store/daemon/operations/inspection.h"
#include "store/daemon/operations/operations.h"
#include "store/daemon/receive.h"

namespace mailtree::store {
namespace {

using loop::Task;
using net::RpcRequest;
using net::WithDescriptors;
using Files = ReceivedFiles;

Files share(std::vector<UniqueFd> descriptors) {
  Files files;
  for (UniqueFd& fd : descriptors) files.emplace_back(std::make_shared<UniqueFd>(std::move(fd)));
  return files;
}

Result<WithDescriptors<NewMessageFile::Reply>> make_message_file(Partition& partition, std::uint64_t size) {
  const auto ours = partition.check_ours();
  if (!ours) return ours.error();
  const std::uint64_t free = free_octets(partition.directory());
  if (free < reserved_octets || free - reserved_octets < size) {
    return Error::temporary(Condition::storage, "partition " + partition.path() + " is nearly full");
  }
  auto file = partition.disk().open_unnamed(partition.directory());
  if (!file) return file.error();
  std::vector<UniqueFd> descriptors;
  descriptors.push_back(std::move(*file));
  return WithDescriptors<NewMessageFile::Reply>({partition.id()}, std::move(descriptors));
}

void describe(const Result<void>& outcome, DeliverResult& result) {
  if (outcome) return;
  result.delivered = false;
  result.permanent = outcome.error().kind == Kind::permanent;
  result.condition = static_cast<std::uint8_t>(outcome.error().condition);
  result.detail = outcome.error().detail;
}

template <typename Op>
Task<Result<typename Op::Request::Reply>> perform_one(Accounts* accounts, RpcRequest<typename Op::Request> call) {
  const auto operation = std::make_shared<Op>(std::move(call.message));
  std::vector<std::shared_ptr<Operation>> all = {operation};
  co_await accounts->perform(std::move(all));
  if (!operation->outcome) co_return operation->outcome.error();
  co_return operation->reply;
}

}  // namespace

// Every second, microseconds.
class Server::Housekeeping final : public loop::Timer {
 public:
  Housekeeping(loop::Loop& loop, Server& server) : loop_(loop), server_(server) { again(); }
  void expired() override {
    again();
    server_.look_after_index();
  }

 private:
  void again() { loop_.schedule(*this, loop::Deadline::after(std::chrono::seconds(1))); }
  loop::Loop& loop_;
  Server& server_;
};

Server::Server(loop::Loop& loop, loop::WorkerPool& pool, ServerOptions options)
    : loop_(loop), pool_(pool), options_(std::move(options)) {}

Server::~Server() = default;

Result<void> Server::open() {
  std::vector<std::string> outside = {options_.index_directory};
  if (!options_.runtime_directory.empty()) outside.push_back(options_.runtime_directory);
  for (const std::string& directory : outside) ::mkdir(directory.c_str(), 0700);
  auto partition = Partition::open(disk_, options_.partition_path, options_.host_name, std::move(outside));
  if (!partition) return partition.error();
  partition_ = std::move(*partition);
  partition_->set_quota_grace_seconds(options_.quota_grace_seconds);
  partition_->set_quota_warning_percent(options_.quota_warning_percent);
  auto index = make_index();
  if (!index) {
    log::event(log::Level::alarm, "store.index.absent",
               {{"directory", options_.index_directory}, {"error", index.error().detail}});
  }
  index_ = index ? std::move(*index) : IndexWriter::absent();
  opened_at_ = std::chrono::steady_clock::now();
  const auto tell = [this](const ChangeNotice& notice) { notify(notice); };
  accounts_ = std::make_unique<Accounts>(loop_, pool_, *partition_, *index_, clock_, options_.limits, tell);
  transfers_ = std::make_unique<Transfers>(loop_, *accounts_);
  upkeep_ = std::make_unique<Upkeep>(loop_, pool_, *accounts_, *partition_, options_.upkeep);
  upkeep_->load();
  log::event(log::Level::info, "store.partition.opened",
             {{"path", partition_->path()},
              {"partition", partition_->id()},
              {"generation", partition_->generation()},
              {"index", index_->path()}});
  return {};
}

Result<std::unique_ptr<IndexWriter>> Server::make_index() const {
  IndexOptions options = index_options(*partition_, options_.index_directory);
  options.map_bytes = options_.index_map_bytes;
  options.max_map_bytes = options_.max_index_map_bytes;
  return IndexWriter::open(options);
}

template <typename Op>
void Server::answer() {
  rpc_->on<typename Op::Request>(
      [this](RpcRequest<typename Op::Request> call) { return perform_one<Op>(accounts_.get(), std::move(call)); });
}

void Server::serve(UniqueFd listening) {
  rpc_ = std::make_unique<net::RpcServer>(loop_);
  if (!options_.allowed_uids.empty()) rpc_->allow_uids(options_.allowed_uids);
  answer<MayAcceptOperation>();
  answer<CopyOperation>();
  answer<MoveOperation>();
  answer<StoreOperation>();
  answer<ExpungeOperation>();
  answer<CreateFolderOperation>();
  answer<DeleteFolderOperation>();
  answer<RenameFolderOperation>();
  answer<SubscribeOperation>();
  answer<SetAclOperation>();
  answer<GetAclOperation>();
  answer<SetMetadataOperation>();
  answer<GetMetadataOperation>();
  answer<OpenMailboxOperation>();
  answer<InspectOperation>();
  rpc_->on<OpenAccount>([this](RpcRequest<OpenAccount> call) { return open_account(std::move(call)); });
  rpc_->on<MoveToAccount>([this](RpcRequest<MoveToAccount> call) { return move_to_account(std::move(call)); });
  rpc_->on<Deliver>([this](RpcRequest<Deliver> call) { return deliver(std::move(call)); });
  rpc_->on<Append>([this](RpcRequest<Append> call) { return append(std::move(call)); });
  rpc_->on<ListAccounts>([this](RpcRequest<ListAccounts> call) { return list(std::move(call)); });
  rpc_->on<Watch>([this](RpcRequest<Watch> call) { return watch(std::move(call)); });
  rpc_->on_with_descriptors<NewMessageFile>(
      [this](RpcRequest<NewMessageFile> call) { return new_message_file(std::move(call)); });
  rpc_->on_with_descriptors<OpenFile>([this](RpcRequest<OpenFile> call) { return open_file(std::move(call)); });
  rpc_->on_disconnect([this](const std::shared_ptr<net::RpcPeer>& peer) { forget(peer); });
  housekeeping_ = std::make_unique<Housekeeping>(loop_, *this);
  rpc_->serve(std::move(listening));
  upkeep_->start();
}

Task<void> Server::stop(loop::Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  if (rpc_) co_await rpc_->stop(deadline);
  if (upkeep_) co_await upkeep_->stop(deadline);
  if (accounts_) {
    const bool settled = co_await accounts_->settle(deadline);
    co_await upkeep_->save(settled);
    if (settled) co_await release();
  }
  watchers_.clear();
  housekeeping_.reset();
}

// Tells the next process that nobody lives on. If it cannot be told, that one takes care as after a crash.
Task<void> Server::release() {
  Partition* const partition = partition_.get();
  auto job = [partition] { return partition->release(); };
  const auto released = co_await pool_.run(std::move(job));
  static_cast<void>(released);
}

Task<Result<OpenAccount::Reply>> Server::open_account(RpcRequest<OpenAccount> call) {
  auto operation = std::make_shared<OpenAccountOperation>(call.message);
  std::vector<std::shared_ptr<Operation>> all = {operation};
  co_await accounts_->perform(std::move(all));
  if (!operation->outcome) co_return operation->outcome.error();
  if (!operation->unfinished.empty()) {  // then once more: it holds something else now
    co_await transfers_->finish(operation->unfinished);
    operation = std::make_shared<OpenAccountOperation>(std::move(call.message));
    std::vector<std::shared_ptr<Operation>> again = {operation};
    co_await accounts_->perform(std::move(again));
    if (!operation->outcome) co_return operation->outcome.error();
  }
  operation->reply.index_path = index_->path();
  co_return operation->reply;
}

Task<Result<WithDescriptors<NewMessageFile::Reply>>> Server::new_message_file(RpcRequest<NewMessageFile> call) {
  Partition* const partition = partition_.get();
  const std::uint64_t size = call.message.expected_size;
  auto job = [partition, size] { return make_message_file(*partition, size); };
  auto made = co_await pool_.run(std::move(job));
  co_return made;
}

Task<Result<CopyResult>> Server::move_to_account(RpcRequest<MoveToAccount> call) {
  [[maybe_unused]] const int frame = 0;
  auto moved = co_await transfers_->move(std::move(call.message));
  co_return moved;
}

Task<Result<Deliver::Reply>> Server::deliver(RpcRequest<Deliver> call) {
  const auto request = std::make_shared<const Deliver>(std::move(call.message));
  Files files = share(std::move(call.descriptors));
  const bool sensible =
      files.size() == 1 && !request->recipients.empty() && request->recipients.size() <= max_recipients;
  if (!sensible) co_return Error::temporary(Condition::syntax, "Deliver with a wrong number of files or recipients");
  std::vector<std::uint64_t> sizes = {request->size};
  auto job = [this, files = std::move(files), sizes = std::move(sizes)] { return receive_files(disk_, files, sizes); };
  const auto received = co_await pool_.run(std::move(job));
  if (!received) co_return received.error();

  std::vector<std::shared_ptr<DeliverOperation>> deliveries;
  std::vector<std::shared_ptr<Operation>> all;
  for (std::size_t i = 0; i < request->recipients.size(); ++i) {
    deliveries.push_back(std::make_shared<DeliverOperation>(request, i, received->front()));
    all.push_back(deliveries.back());
  }
  co_await accounts_->perform(std::move(all));
  Deliver::Reply reply;
  for (const auto& delivery : deliveries) {
    describe(delivery->outcome, delivery->result);
    reply.results.push_back(delivery->result);
  }
  co_return reply;
}

Task<Result<Append::Reply>> Server::append(RpcRequest<Append> call) {
  Files files = share(std::move(call.descriptors));
  std::vector<std::uint64_t> sizes;
  for (const AppendMessage& message : call.message.messages) sizes.push_back(message.size);
  if (files.empty() || files.size() != sizes.size()) {
    co_return Error::temporary(Condition::syntax, "Append with a wrong number of files");
  }
  auto job = [this, files = std::move(files), sizes = std::move(sizes)] { return receive_files(disk_, files, sizes); };
  auto received = co_await pool_.run(std::move(job));
  if (!received) co_return received.error();
  const auto operation = std::make_shared<AppendOperation>(std::move(call.message), std::move(*received));
  std::vector<std::shared_ptr<Operation>> all = {operation};
  co_await accounts_->perform(std::move(all));
  if (!operation->outcome) co_return operation->outcome.error();
  co_return operation->reply;
}

Task<Result<WithDescriptors<OpenFile::Reply>>> Server::open_file(RpcRequest<OpenFile> call) {
  const auto operation = std::make_shared<OpenFileOperation>(std::move(call.message));
  std::vector<std::shared_ptr<Operation>> all = {operation};
  co_await accounts_->perform(std::move(all));
  if (!operation->outcome) co_return operation->outcome.error();
  if (!operation->file) co_return Error::permanent(Condition::no_such_message, "No such message");
  std::vector<UniqueFd> descriptors;
  descriptors.push_back(std::move(operation->file));
  WithDescriptors<OpenFile::Reply> answer(operation->reply, std::move(descriptors));
  co_return std::move(answer);
}

Task<Result<ListAccounts::Reply>> Server::list(RpcRequest<ListAccounts> call) {
  auto job = [this, request = std::move(call.message)] {
    return list_accounts(disk_, partition_->directory(), request);
  };
  auto listed = co_await pool_.run(std::move(job));
  co_return listed;
}

Task<Result<Watch::Reply>> Server::watch(RpcRequest<Watch> call) {
  const std::shared_ptr<net::RpcPeer> peer = call.peer;
  for (const AccountKey key : call.message.add) {
    auto& peers = watchers_[key];
    if (std::find(peers.begin(), peers.end(), peer) == peers.end()) peers.push_back(peer);
  }
  for (const AccountKey key : call.message.remove) {
    const auto found = watchers_.find(key);
    if (found == watchers_.end()) continue;
    std::erase(found->second, peer);
    if (found->second.empty()) watchers_.erase(found);
  }
  Watch::Reply reply;
  co_return reply;
}

// Why the index cannot stay, as an event; nothing if it can.
const char* Server::index_trouble() const {
  if (!index_->is_in_place()) return "store.index.lost";
  if (index_->is_full()) return "store.index.full";
  if (index_->is_given_up() || index_->is_in_trouble()) return "store.index.given_up";
  return nullptr;
}

void Server::look_after_index() {
  index_->check_readers();
  if (partition_->is_lost()) return index_->give_up();  // the other one shows what it has now
  if (index_->is_absent()) {
    if (!may_leave_index()) return;
    opened_at_ = std::chrono::steady_clock::now();
    if (make_index()) leave_index(log::Level::info, "store.index.possible");
    return;
  }
  const char* const trouble = index_trouble();
  if (trouble == nullptr) return;
  const bool removed = !index_->is_in_place();
  if (!removed) index_->give_up();  // sessions wait rather than being told something old
  if (removed || may_leave_index()) leave_index(log::Level::alarm, trouble);
}

bool Server::may_leave_index() const {
  return std::chrono::steady_clock::now() - opened_at_ >= options_.index_patience;
}

void Server::leave_index(log::Level level, const char* event) {
  if (!index_lost_) return;
  log::event(level, event, {{"index", index_->path()}});
  std::exchange(index_lost_, nullptr)();
}

void Server::notify(const ChangeNotice& notice) {
  const auto found = watchers_.find(notice.account);
  if (found == watchers_.end()) return;
  for (const auto& peer : found->second) peer->push(notice);
}

void Server::forget(const std::shared_ptr<net::RpcPeer>& peer) {
  for (auto at = watchers_.begin(); at != watchers_.end();) {
    std::erase(at->second, peer);
    at = at->second.empty() ? watchers_.erase(at) : std::next(at);
  }
}

}  // namespace mailtree::store
