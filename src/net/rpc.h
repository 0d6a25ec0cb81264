// SPDX-License-Identifier: Apache-2.0
// Requests and replies between processes. A request struct R has `static constexpr std::uint16_t type` and
// `using Reply = …`; both ends are plain values. Many requests share a channel; replies come in any order.
//   const auto answer = co_await client.call(request, deadline);          // Result<R::Reply>
//   server.on<R>([this](RpcRequest<R> request) { return handle(std::move(request)); });  // a Task<Result<R::Reply>>
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "loop/listen_socket.h"
#include "loop/signal.h"
#include "loop/task_group.h"
#include "net/channel.h"
#include "net/wire.h"

namespace mailtree::net {

using loop::Deadline;
using loop::Task;

// A reply and the descriptors that came with it.
template <typename T>
struct WithDescriptors {
  T value;
  std::vector<UniqueFd> descriptors;
  WithDescriptors() = default;
  WithDescriptors(T v, std::vector<UniqueFd> d) : value(std::move(v)), descriptors(std::move(d)) {}
};

// Untyped half of the client: connects on demand, reconnects with back-off (at most once in 50 ms), fails all waiting
// calls with Error{temporary, unavailable} when the channel breaks: the caller decides about repeating.
class RpcClient {
 public:
  RpcClient(loop::Loop& loop, std::string socket_path);
  ~RpcClient();
  RpcClient(const RpcClient&) = delete;
  RpcClient& operator=(const RpcClient&) = delete;

  template <typename R>
  Task<Result<typename R::Reply>> call(const R& request, Deadline deadline) {
    std::vector<UniqueFd> none;
    auto answer = co_await call_with(request, std::move(none), deadline);
    if (!answer) co_return answer.error();
    co_return std::move(answer->value);
  }

  // With descriptors to pass, and those of the reply.
  template <typename R>
  Task<Result<WithDescriptors<typename R::Reply>>> call_with(const R& request, std::vector<UniqueFd> descriptors,
                                                             Deadline deadline) {
    std::string body = encode(request);
    auto frame = co_await exchange(R::type, std::move(body), std::move(descriptors), deadline);
    if (!frame) co_return frame.error();
    auto value = decode<typename R::Reply>(frame->body);
    if (!value) co_return value.error();
    WithDescriptors<typename R::Reply> both(std::move(*value), std::move(frame->descriptors));
    co_return std::move(both);
  }

  // Messages the server pushes by itself (id 0), by type.
  template <typename T>
  void on_push(std::function<void(T)> handler) {
    push_[T::type] = [handler = std::move(handler)](Frame frame) {
      auto value = decode<T>(frame.body);
      if (value) handler(std::move(*value));
    };
  }
  // Called after each (re)connection, e.g. to subscribe again, and with false when the channel was lost.
  void on_connection(std::function<void(bool connected)> handler) { on_connection_ = std::move(handler); }
  // Tries to connect now (and keeps trying) even without a call: for subscribers.
  void keep_connected();
  // Ends the connection: the calls under way fail as unavailable. The next call connects again.
  void disconnect() {
    if (channel_) channel_->cancel(Error::cancelled(Condition::stopping, "client disconnects"));
  }

 private:
  struct Waiting;
  Task<Result<Frame>> exchange(std::uint16_t type, std::string body, std::vector<UniqueFd> descriptors,
                               Deadline deadline);
  bool connect();
  Task<void> receive_all(std::shared_ptr<Channel> channel);
  Task<void> reconnect_later();

  loop::Loop& loop_;
  std::string path_;
  std::shared_ptr<Channel> channel_;
  std::unordered_map<std::uint64_t, Waiting*> waiting_;
  std::map<std::uint16_t, std::function<void(Frame)>> push_;
  std::function<void(bool)> on_connection_;
  std::uint64_t last_id_ = 0;
  bool keep_ = false;
  bool stopping_ = false;
  std::unique_ptr<loop::TaskGroup> tasks_;
  loop::Signal retry_;
};

// One connected client of an RpcServer, as its handlers see it. Stays valid while a shared_ptr to it is kept.
class RpcPeer {
 public:
  explicit RpcPeer(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
  template <typename T>
  void push(const T& message) {
    channel_->send(Frame(T::type, 0, encode(message)));
  }
  [[nodiscard]] bool gone() const { return channel_->dead(); }
  [[nodiscard]] Channel& channel() { return *channel_; }

 private:
  std::shared_ptr<Channel> channel_;
};

template <typename R>
struct RpcRequest {
  R message;
  std::vector<UniqueFd> descriptors;
  std::shared_ptr<RpcPeer> peer;
  RpcRequest(R m, std::vector<UniqueFd> d, std::shared_ptr<RpcPeer> p)
      : message(std::move(m)), descriptors(std::move(d)), peer(std::move(p)) {}
};

class RpcServer {
 public:
  explicit RpcServer(loop::Loop& loop) : loop_(loop), tasks_(loop) {}
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  // Replies may carry descriptors: a handler then returns Result<WithDescriptors<Reply>>.
  template <typename R>
  void on(std::function<Task<Result<typename R::Reply>>(RpcRequest<R>)> handler) {
    handlers_[R::type] = [handler = std::move(handler)](Frame frame, std::shared_ptr<RpcPeer> peer) {
      return answer<R>(handler, std::move(frame), std::move(peer));
    };
  }
  template <typename R>
  void on_with_descriptors(std::function<Task<Result<WithDescriptors<typename R::Reply>>>(RpcRequest<R>)> handler) {
    handlers_[R::type] = [handler = std::move(handler)](Frame frame, std::shared_ptr<RpcPeer> peer) {
      return answer_with<R>(handler, std::move(frame), std::move(peer));
    };
  }
  // Called when a client has gone.
  void on_disconnect(std::function<void(const std::shared_ptr<RpcPeer>&)> handler) { gone_ = std::move(handler); }
  // Only these uids may connect; empty = our own uid and root only.
  void allow_uids(std::vector<unsigned> uids) { uids_ = std::move(uids); }

  Result<void> listen(const std::string& path, unsigned mode = 0660);
  void serve(UniqueFd listening);
  // Takes no more connections and requests, waits for running handlers, closes.
  Task<void> stop(Deadline deadline);

 private:
  using Handler = std::function<Task<Frame>(Frame, std::shared_ptr<RpcPeer>)>;
  static Frame failed(std::uint16_t type, std::uint64_t id, const Error& error);

  template <typename R>
  static Task<Frame> answer(std::function<Task<Result<typename R::Reply>>(RpcRequest<R>)> handler, Frame frame,
                            std::shared_ptr<RpcPeer> peer) {
    auto message = decode<R>(frame.body);
    if (!message) co_return failed(R::type, frame.id, message.error());
    RpcRequest<R> request(std::move(*message), std::move(frame.descriptors), std::move(peer));
    Task<Result<typename R::Reply>> work = handler(std::move(request));
    auto reply = co_await std::move(work);
    if (!reply) co_return failed(R::type, frame.id, reply.error());
    co_return Frame(R::type, frame.id, encode(*reply));
  }
  template <typename R>
  static Task<Frame> answer_with(std::function<Task<Result<WithDescriptors<typename R::Reply>>>(RpcRequest<R>)> handler,
                                 Frame frame, std::shared_ptr<RpcPeer> peer) {
    auto message = decode<R>(frame.body);
    if (!message) co_return failed(R::type, frame.id, message.error());
    RpcRequest<R> request(std::move(*message), std::move(frame.descriptors), std::move(peer));
    Task<Result<WithDescriptors<typename R::Reply>>> work = handler(std::move(request));
    auto reply = co_await std::move(work);
    if (!reply) co_return failed(R::type, frame.id, reply.error());
    Frame out(R::type, frame.id, encode(reply->value));
    out.descriptors = std::move(reply->descriptors);
    co_return std::move(out);
  }

  void accepted(UniqueFd connection);
  Task<void> serve_peer(std::shared_ptr<Channel> channel);
  Task<void> run(Handler handler, Frame frame, std::shared_ptr<RpcPeer> peer);

  loop::Loop& loop_;
  loop::TaskGroup tasks_;
  std::map<std::uint16_t, Handler> handlers_;
  std::function<void(const std::shared_ptr<RpcPeer>&)> gone_;
  std::vector<unsigned> uids_;
  std::unique_ptr<loop::ListenSocket> listener_;
  std::vector<std::weak_ptr<Channel>> channels_;
};

// Frame type of a failed reply: body is an Error.
constexpr std::uint16_t failed_type = 1;

}  // namespace mailtree::net
