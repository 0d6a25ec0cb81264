// SPDX-License-Identifier: Apache-2.0
// INBOX of one account: read from the index and its files, changed by requests to stored.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pop3/mailbox.h"
#include "pop3/store_link.h"

namespace mailtree::pop3 {

class StoreMailbox final : public Mailbox {
 public:
  StoreMailbox(StoreLink& link, store::AccountName name, store::Quota quota)
      : link_(link), name_(std::move(name)), quota_(quota) {}

  loop::Task<Result<std::vector<Message>>> list() override;
  loop::Task<Result<MessageFile>> open(store::Uid uid) override;
  loop::Task<Result<void>> remove(store::UidSet uids) override;

 private:
  loop::Task<Result<void>> open_account();
  Result<MessageFile> open_by_name(const store::MessageRow& row);
  loop::Task<Result<MessageFile>> ask_for_file(store::Uid uid, std::uint64_t octets);

  StoreLink& link_;
  store::AccountName name_;
  store::Quota quota_;
  StoreLink::OpenedAccount account_;
};

}  // namespace mailtree::pop3
