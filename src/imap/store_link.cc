// SPDX-License-Identifier: Apache-2.0
// Accounts, index readers and notices of one stored.
#include "imap/store_link.h"

#include <algorithm>

namespace mailtree::imap {

Account::Account(StoreLink& link, store::AccountName name, store::Quota quota)
    : link_(link), name_(std::move(name)), quota_(quota) {}

Account::~Account() {
  if (key_ != 0) link_.forget(key_);
}

Result<const store::MessageFiles*> Account::files() {
  if (!files_) {
    auto opened = store::MessageFiles::open(path_);
    if (!opened) return opened.error();
    files_ = std::make_unique<store::MessageFiles>(std::move(*opened));
  }
  return static_cast<const store::MessageFiles*>(files_.get());
}

void Account::unwatch(Watcher& watcher) { std::erase(watchers_, &watcher); }

void Account::notify(store::FolderId folder, store::Modseq modseq) {
  const std::vector<Watcher*> now = watchers_;  // a watcher may start work that ends another session
  for (Watcher* watcher : now) {
    if (std::find(watchers_.begin(), watchers_.end(), watcher) != watchers_.end()) watcher->changed(folder, modseq);
  }
}

Task<Result<void>> Account::ensure_open() {
  const auto row = index_->folder(key_, store::inbox_folder);
  if (row || row.error().condition != Condition::unavailable) co_return Result<void>{};
  const auto refreshed = co_await link_.refresh(*this);
  co_return refreshed;
}

StoreLink::StoreLink(loop::Loop& loop, std::string socket_path) : rpc_(loop, std::move(socket_path)), tasks_(loop) {
  rpc_.on_push<store::ChangeNotice>([this](store::ChangeNotice notice) {
    const auto found = accounts_.find(notice.account);
    if (found == accounts_.end()) return;
    if (const auto account = found->second.lock()) account->notify(notice.folder, notice.modseq);
  });
  rpc_.on_connection([this](bool connected) {
    // The first connection has nothing to make up for.
    if (connected && was_connected_ && !tasks_.closed()) tasks_.spawn(refresh_all());
    if (connected) was_connected_ = true;
  });
  rpc_.keep_connected();
}

StoreLink::~StoreLink() = default;

Task<Result<void>> StoreLink::stop(Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  tasks_.close();
  const auto ended = co_await tasks_.wait(deadline);
  co_return ended;
}

Task<Result<void>> StoreLink::refresh(Account& account) {
  store::OpenAccount request;
  request.account = account.name_;
  request.quota = account.quota_;
  const auto answer = co_await rpc_.call(request, Deadline::after(opening_patience));
  if (!answer) co_return answer.error();
  auto index = readers_.get(answer->index_path);
  if (!index) co_return index.error();
  account.key_ = answer->key;
  account.path_ = answer->account_path;
  account.index_ = std::move(*index);
  account.files_.reset();
  co_return Result<void>{};
}

Task<Result<std::shared_ptr<Account>>> StoreLink::open(store::AccountName name, store::Quota quota) {
  auto account = std::make_shared<Account>(*this, std::move(name), quota);
  const auto opened = co_await refresh(*account);
  if (!opened) co_return opened.error();
  std::weak_ptr<Account>& shared = accounts_[account->key_];
  if (auto known = shared.lock(); known && known->name_ == account->name_) {
    account->key_ = 0;  // this one is given up: nothing to forget
    known->quota_ = quota;
    co_return known;
  }
  shared = account;
  std::vector<store::AccountKey> added(1, account->key_);
  std::vector<store::AccountKey> none;
  tasks_.spawn(watch(std::move(added), std::move(none)));
  co_return account;
}

Task<void> StoreLink::watch(std::vector<store::AccountKey> add, std::vector<store::AccountKey> remove) {
  store::Watch request;
  request.add = std::move(add);
  request.remove = std::move(remove);
  const auto answer = co_await rpc_.call(request, Deadline::after(patience));
  static_cast<void>(answer);  // a lost connection ends in refresh_all()
}

void StoreLink::forget(store::AccountKey key) {
  const auto found = accounts_.find(key);
  if (found == accounts_.end() || !found->second.expired()) return;
  accounts_.erase(found);
  if (!tasks_.closed()) tasks_.spawn(watch({}, {key}));
}

Task<void> StoreLink::refresh_all() {
  std::vector<std::weak_ptr<Account>> accounts;
  std::vector<store::AccountKey> keys;
  for (const auto& [key, account] : accounts_) {
    accounts.push_back(account);
    keys.push_back(key);
  }
  std::vector<store::AccountKey> none;
  co_await watch(std::move(keys), std::move(none));
  for (const auto& weak : accounts) {
    const auto account = weak.lock();
    if (!account) continue;
    const auto refreshed = co_await refresh(*account);
    if (refreshed) account->notify(store::no_folder, 0);
  }
}

}  // namespace mailtree::imap
