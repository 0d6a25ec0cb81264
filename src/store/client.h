// SPDX-License-Identifier: Apache-2.0
// Client: one process's connection to the stored of one partition. Thin: every call is one request of messages.h, with
// its own deadline. A lost connection fails the calls that wait; whether to repeat is the caller's decision: requests
// that only set or remove may be repeated, a Deliver with `again`, an Append must not.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/rpc.h"
#include "store/index_reader.h"
#include "store/messages.h"

namespace mailtree::store {

class Client {
 public:
  Client(loop::Loop& loop, const std::string& socket_path) : rpc_(loop, socket_path) {}

  // Any request without descriptors:  const auto reply = co_await client.call(request, deadline);
  template <typename R>
  loop::Task<Result<typename R::Reply>> call(const R& request, loop::Deadline deadline) {
    return rpc_.call(request, deadline);
  }

  loop::Task<Result<UniqueFd>> new_message_file(std::uint64_t expected_size, loop::Deadline deadline);
  // `file` is duplicated: the caller keeps its own for a repetition.
  loop::Task<Result<Deliver::Reply>> deliver(const Deliver& request, int file, loop::Deadline deadline);
  loop::Task<Result<Append::Reply>> append(const Append& request, std::vector<UniqueFd> files, loop::Deadline deadline);
  loop::Task<Result<UniqueFd>> open_file(const OpenFile& request, loop::Deadline deadline);

  // Notices of watched accounts; `lost` after a lost connection was made anew: call OpenAccount and Watch again.
  void on_change(std::function<void(const ChangeNotice&)> handler);
  void on_reconnected(std::function<void()> handler);

 private:
  net::RpcClient rpc_;
};

// The readers of a process, one a path, as LMDB demands. A path that is no longer handed out by stored is closed when
// its last user drops it.
class IndexReaders {
 public:
  Result<std::shared_ptr<IndexReader>> get(const std::string& path);

 private:
  std::vector<std::pair<std::string, std::weak_ptr<IndexReader>>> open_;
};

}  // namespace mailtree::store
