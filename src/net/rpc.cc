// SPDX-License-Identifier: Apache-2.0
#include "net/rpc.h"

#include <unistd.h>

#include <algorithm>

namespace mailtree::net {
namespace {

constexpr std::chrono::milliseconds reconnect_pause{50};

Error channel_lost(const std::string& path) {
  return Error::temporary(Condition::unavailable, "no connection to " + path);
}

}  // namespace

// A call that has not been answered; lives in the caller's frame.
struct RpcClient::Waiting {
  explicit Waiting(loop::Loop& loop) : answered(loop) {}
  loop::Signal answered;
  Frame frame;
};

RpcClient::RpcClient(loop::Loop& loop, std::string socket_path)
    : loop_(loop), path_(std::move(socket_path)), tasks_(std::make_unique<loop::TaskGroup>(loop)), retry_(loop) {}

RpcClient::~RpcClient() {
  stopping_ = true;
  const Error error = Error::cancelled(Condition::stopping, "client closed");
  retry_.cancel(error);
  if (channel_) channel_->cancel(error);
  // The receiving tasks end in the loop's next turn; callers of call() must have ended before.
  while (tasks_->size() != 0) loop_.run_once();
}

bool RpcClient::connect() {
  if (channel_ && !channel_->dead()) return true;
  auto socket = Channel::connect(path_);
  if (!socket) return false;
  channel_ = std::make_shared<Channel>(loop_, std::move(*socket));
  tasks_->spawn(receive_all(channel_));
  if (on_connection_) on_connection_(true);
  return true;
}

void RpcClient::keep_connected() {
  keep_ = true;
  if (!connect()) tasks_->spawn(reconnect_later());
}

Task<void> RpcClient::reconnect_later() {
  bool connected = false;
  while (!stopping_ && !connected) {
    const auto waited = co_await retry_.wait(Deadline::after(reconnect_pause));
    static_cast<void>(waited);
    if (!stopping_) connected = connect();
  }
}

Task<void> RpcClient::receive_all(std::shared_ptr<Channel> channel) {
  Deadline never = Deadline::never();
  for (;;) {
    auto frame = co_await channel->receive(never);
    if (!frame) break;
    if (frame->id == 0) {
      const auto handler = push_.find(frame->type);
      if (handler != push_.end()) handler->second(std::move(*frame));
      continue;
    }
    const auto found = waiting_.find(frame->id);
    if (found == waiting_.end()) continue;  // the caller gave up: its descriptors close here
    found->second->frame = std::move(*frame);
    found->second->answered.set();
  }
  channel->cancel(Error::cancelled(Condition::closed, "end of channel"));
  if (channel_ == channel) channel_.reset();
  const Error lost = channel_lost(path_);
  for (auto& [id, waiting] : waiting_) waiting->answered.cancel(lost);
  if (stopping_) co_return;
  if (on_connection_) on_connection_(false);
  if (keep_) tasks_->spawn(reconnect_later());
}

Task<Result<Frame>> RpcClient::exchange(std::uint16_t type, std::string body, std::vector<UniqueFd> descriptors,
                                        Deadline deadline) {
  Waiting waiting(loop_);
  if (!connect()) co_return channel_lost(path_);
  const std::uint64_t id = ++last_id_;
  waiting_.emplace(id, &waiting);
  Frame request(type, id, std::move(body));
  request.descriptors = std::move(descriptors);
  channel_->send(std::move(request));
  const auto answered = co_await waiting.answered.wait(deadline);
  waiting_.erase(id);
  if (!answered) {
    if (answered.error().condition == Condition::timeout)
      co_return Error::temporary(Condition::timeout, "no answer from " + path_);
    co_return answered.error();
  }
  if (waiting.frame.type == failed_type) {
    Error error = Error::temporary(Condition::unavailable, "failure without a reason");
    std::string unreadable;
    if (!decode_into(waiting.frame.body, error, unreadable)) error.detail = unreadable;
    co_return std::move(error);
  }
  if (waiting.frame.type != type) co_return Error::temporary(Condition::syntax, "answer of another type");
  co_return std::move(waiting.frame);
}

RpcServer::~RpcServer() {
  listener_.reset();
  tasks_.close();
  const Error error = Error::cancelled(Condition::stopping, "server closed");
  for (auto& weak : channels_)
    if (auto channel = weak.lock()) channel->cancel(error);
  while (tasks_.size() != 0) loop_.run_once();
}

Frame RpcServer::failed(std::uint16_t, std::uint64_t id, const Error& error) {
  return Frame(failed_type, id, encode(error));
}

Result<void> RpcServer::listen(const std::string& path, unsigned mode) {
  auto fd = loop::listen_unix(path, mode);
  if (!fd) return fd.error();
  serve(std::move(*fd));
  return {};
}

void RpcServer::serve(UniqueFd listening) {
  listener_ = std::make_unique<loop::ListenSocket>(loop_, std::move(listening),
                                                   [this](UniqueFd connection) { accepted(std::move(connection)); });
}

void RpcServer::accepted(UniqueFd connection) {
  auto channel = std::make_shared<Channel>(loop_, std::move(connection));
  const unsigned uid = channel->peer_uid();
  const bool known =
      uids_.empty() ? uid == ::geteuid() || uid == 0 : std::find(uids_.begin(), uids_.end(), uid) != uids_.end();
  if (!known) return;
  std::erase_if(channels_, [](const auto& weak) { return weak.expired(); });
  channels_.push_back(channel);
  tasks_.spawn(serve_peer(std::move(channel)));
}

Task<void> RpcServer::serve_peer(std::shared_ptr<Channel> channel) {
  auto peer = std::make_shared<RpcPeer>(channel);
  const Deadline never = Deadline::never();
  for (;;) {
    auto frame = co_await channel->receive(never);
    if (!frame) break;
    const auto handler = handlers_.find(frame->type);
    if (handler == handlers_.end()) {
      channel->send(failed(frame->type, frame->id, Error::temporary(Condition::syntax, "unknown request")));
      continue;
    }
    tasks_.spawn(run(handler->second, std::move(*frame), peer));
  }
  channel->cancel(Error::cancelled(Condition::closed, "end of channel"));
  if (gone_) gone_(peer);
}

Task<void> RpcServer::run(Handler handler, Frame frame, std::shared_ptr<RpcPeer> peer) {
  const std::uint64_t id = frame.id;
  const std::uint16_t type = frame.type;
  std::string failure;
  try {
    Task<Frame> work = handler(std::move(frame), peer);
    Frame reply = co_await std::move(work);
    peer->channel().send(std::move(reply));
  } catch (const std::exception& bug) {
    failure = bug.what();
  }
  // A bug in a handler costs its caller a temporary failure, nobody else anything.
  if (!failure.empty()) {
    loop::TaskGroup::on_failure(failure.c_str());
    peer->channel().send(failed(type, id, Error::temporary(Condition::unavailable, "handler failed: " + failure)));
  }
}

Task<void> RpcServer::stop(Deadline deadline) {
  const Error stopping = Error::cancelled(Condition::stopping, "server stopping");
  listener_.reset();
  tasks_.close();
  for (auto& weak : channels_)
    if (auto channel = weak.lock()) channel->cancel(stopping);
  const auto ended = co_await tasks_.wait(deadline);
  static_cast<void>(ended);
}

}  // namespace mailtree::net
