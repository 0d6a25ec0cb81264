// SPDX-License-Identifier: Apache-2.0
// The calls that carry descriptors.
#include "store/client.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>

namespace mailtree::store {
namespace {

using loop::Deadline;
using loop::Task;

Error missing_descriptor() {
  return Error::temporary(Condition::unavailable, "reply of stored without its descriptor");
}

}  // namespace

Task<Result<UniqueFd>> Client::new_message_file(std::uint64_t expected_size, Deadline deadline) {
  NewMessageFile request;
  request.expected_size = expected_size;
  std::vector<UniqueFd> none;
  auto answer = co_await rpc_.call_with(request, std::move(none), deadline);
  if (!answer) co_return answer.error();
  if (answer->descriptors.size() != 1) co_return missing_descriptor();
  co_return std::move(answer->descriptors.front());
}

Task<Result<Deliver::Reply>> Client::deliver(const Deliver& request, int file, Deadline deadline) {
  std::vector<UniqueFd> files;
  files.emplace_back(::fcntl(file, F_DUPFD_CLOEXEC, 0));
  if (!files.front()) co_return Error::temporary(Condition::limit, std::string("dup: ") + std::strerror(errno));
  auto answer = co_await rpc_.call_with(request, std::move(files), deadline);
  if (!answer) co_return answer.error();
  co_return std::move(answer->value);
}

Task<Result<Append::Reply>> Client::append(const Append& request, std::vector<UniqueFd> files, Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  auto answer = co_await rpc_.call_with(request, std::move(files), deadline);
  if (!answer) co_return answer.error();
  co_return std::move(answer->value);
}

Task<Result<UniqueFd>> Client::open_file(const OpenFile& request, Deadline deadline) {
  std::vector<UniqueFd> none;
  auto answer = co_await rpc_.call_with(request, std::move(none), deadline);
  if (!answer) co_return answer.error();
  if (answer->descriptors.size() != 1) co_return missing_descriptor();
  co_return std::move(answer->descriptors.front());
}

void Client::on_change(std::function<void(const ChangeNotice&)> handler) {
  rpc_.on_push<ChangeNotice>([handler = std::move(handler)](ChangeNotice notice) { handler(notice); });
}

void Client::on_reconnected(std::function<void()> handler) {
  rpc_.on_connection([handler = std::move(handler), lost = false](bool connected) mutable {
    if (connected && lost) handler();
    lost = !connected;
  });
}

Result<std::shared_ptr<IndexReader>> IndexReaders::get(const std::string& path) {
  std::erase_if(open_, [](const auto& known) { return known.second.expired(); });
  for (const auto& [known, reader] : open_) {
    if (known == path) return reader.lock();
  }
  auto opened = IndexReader::open(path);
  if (!opened) return opened.error();
  std::shared_ptr<IndexReader> reader = std::move(*opened);
  open_.emplace_back(path, reader);
  return reader;
}

}  // namespace mailtree::store
