// SPDX-License-Identifier: Apache-2.0
#include "pop3/store_link.h"

namespace mailtree::pop3 {

Result<std::shared_ptr<store::IndexReader>> StoreLink::reader(const std::string& path) {
  if (auto known = readers_[path].lock()) return known;
  std::erase_if(readers_, [](const auto& entry) { return entry.second.expired(); });
  auto opened = store::IndexReader::open(path);
  if (!opened) return opened.error();
  std::shared_ptr<store::IndexReader> shared = std::move(*opened);
  readers_[path] = shared;
  newest_ = shared;
  return shared;
}

loop::Task<Result<StoreLink::OpenedAccount>> StoreLink::open(store::AccountName name, store::Quota quota) {
  store::OpenAccount request;
  request.account = std::move(name);
  request.quota = quota;
  const auto reply = co_await rpc_.call(request, opening_patience());
  if (!reply) co_return reply.error();
  auto index = reader(reply->index_path);
  if (!index) co_return index.error();
  OpenedAccount account;
  account.key = reply->key;
  account.path = reply->account_path;
  account.index = std::move(*index);
  co_return std::move(account);
}

}  // namespace mailtree::pop3
