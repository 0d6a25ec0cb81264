// SPDX-License-Identifier: Apache-2.0
// The store as the sessions of this process see it: requests to one stored, its index, its change notices. Sessions of
// one user share an Account. A lost connection is made up for: accounts are opened and watched again, sessions compare.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "loop/task_group.h"
#include "net/rpc.h"
#include "store/client.h"
#include "store/index_reader.h"
#include "store/messages.h"

namespace mailtree::imap {

using loop::Deadline;
using loop::Task;

// Hears of durable changes of its account. Called on the loop, between two steps of anything else; must not destroy
// watchers. no_folder: folders or subscriptions changed, or notices may have been lost.
class Watcher {
 public:
  virtual void changed(store::FolderId folder, store::Modseq modseq) = 0;

 protected:
  ~Watcher() = default;
};

class StoreLink;

// An open account. Lives as long as a session holds it.
class Account {
 public:
  Account(StoreLink& link, store::AccountName name, store::Quota quota);
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  [[nodiscard]] const store::AccountName& name() const { return name_; }
  [[nodiscard]] const store::Quota& quota() const { return quota_; }
  [[nodiscard]] store::AccountKey key() const { return key_; }
  [[nodiscard]] const store::IndexReader& index() const { return *index_; }
  // Message files by name; the directory is opened at the first need.
  Result<const store::MessageFiles*> files();
  // Gives the directory's descriptor back: sessions call it before they idle.
  void close_files() { files_.reset(); }

  void watch(Watcher& watcher) { watchers_.push_back(&watcher); }
  void unwatch(Watcher& watcher);

  // stored publishes the account anew if the index has lost it. Cheap when all is well.
  Task<Result<void>> ensure_open();

  template <typename R>
  Task<Result<typename R::Reply>> call(const R& request);
  template <typename R>
  Task<Result<net::WithDescriptors<typename R::Reply>>> call_with(const R& request, std::vector<UniqueFd> descriptors);

 private:
  friend class StoreLink;
  void notify(store::FolderId folder, store::Modseq modseq);

  StoreLink& link_;
  store::AccountName name_;
  store::Quota quota_;
  store::AccountKey key_ = 0;
  std::string path_;
  std::shared_ptr<store::IndexReader> index_;
  std::unique_ptr<store::MessageFiles> files_;
  std::vector<Watcher*> watchers_;
};

class StoreLink {
 public:
  StoreLink(loop::Loop& loop, std::string socket_path);
  ~StoreLink();
  StoreLink(const StoreLink&) = delete;
  StoreLink& operator=(const StoreLink&) = delete;

  Task<Result<std::shared_ptr<Account>>> open(store::AccountName name, store::Quota quota);
  [[nodiscard]] net::RpcClient& rpc() { return rpc_; }
  // Waits for what still runs. All accounts must be gone.
  Task<Result<void>> stop(Deadline deadline);

  // A change waits for a sync of the disk behind others; more than this means trouble.
  static constexpr std::chrono::seconds patience{60};
  // At a login a person waits, and can try again.
  static constexpr std::chrono::seconds opening_patience{20};

 private:
  friend class Account;
  Task<Result<void>> refresh(Account& account);
  Task<void> refresh_all();
  Task<void> watch(std::vector<store::AccountKey> add, std::vector<store::AccountKey> remove);
  void forget(store::AccountKey key);

  net::RpcClient rpc_;
  loop::TaskGroup tasks_;
  std::unordered_map<store::AccountKey, std::weak_ptr<Account>> accounts_;
  store::IndexReaders readers_;
  bool was_connected_ = false;
};

template <typename R>
Task<Result<typename R::Reply>> Account::call(const R& request) {
  const Deadline deadline = Deadline::after(StoreLink::patience);
  auto answer = co_await link_.rpc().call(request, deadline);
  co_return std::move(answer);
}

template <typename R>
Task<Result<net::WithDescriptors<typename R::Reply>>> Account::call_with(const R& request,
                                                                         std::vector<UniqueFd> descriptors) {
  const Deadline deadline = Deadline::after(StoreLink::patience);
  auto answer = co_await link_.rpc().call_with(request, std::move(descriptors), deadline);
  co_return std::move(answer);
}

}  // namespace mailtree::imap
