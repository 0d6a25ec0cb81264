// SPDX-License-Identifier: Apache-2.0
#include "pop3/store_mailbox.h"

#include <sys/stat.h>

#include <algorithm>

#include "loop/signal.h"

namespace mailtree::pop3 {
namespace {

constexpr std::size_t rows_at_once = 1000;  // one look into the index; others get their turn in between

// The row's size is what the log says; another one is damage, never a shorter message.
Result<MessageFile> checked(UniqueFd descriptor, std::uint64_t octets) {
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return Error::temporary(Condition::storage, "fstat of a message");
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) != octets)
    return Error::temporary(Condition::damaged, "message file has another size than the log says");
  return MessageFile(std::move(descriptor), octets);
}

}  // namespace

loop::Task<Result<void>> StoreMailbox::open_account() {
  auto opened = co_await link_.open(name_, quota_);
  if (!opened) co_return opened.error();
  account_ = std::move(*opened);
  co_return Result<void>{};
}

loop::Task<Result<std::vector<Message>>> StoreMailbox::list() {
  const auto opened = co_await open_account();
  if (!opened) co_return opened.error();
  store::OpenMailbox request;  // takes in what other programs filed; \Recent stays for IMAP
  request.account = name_;
  request.folder = store::inbox_folder;
  const auto inbox = co_await link_.rpc().call(request, StoreLink::patience());
  if (!inbox) co_return inbox.error();

  std::vector<Message> messages;
  messages.reserve(inbox->messages);
  for (store::Uid next = 1; next < inbox->uidnext;) {
    const auto rows =
        account_.index->messages(account_.key, store::inbox_folder, next, inbox->uidnext - 1, rows_at_once);
    if (!rows) co_return rows.error();
    for (const store::MessageRow& row : *rows)
      messages.push_back({std::max(row.crlf_size, row.size), row.uid, row.unique, false});
    if (rows->size() < rows_at_once) break;
    next = rows->back().uid + 1;
    co_await loop::yield(link_.loop());
  }
  co_return std::move(messages);
}

loop::Task<Result<MessageFile>> StoreMailbox::open(store::Uid uid) {
  auto row = account_.index->message(account_.key, store::inbox_folder, uid);
  if (!row && row.error().condition == Condition::unavailable) {  // the index was begun anew
    const auto opened = co_await open_account();
    if (!opened) co_return opened.error();
    row = account_.index->message(account_.key, store::inbox_folder, uid);
  }
  if (!row) co_return row.error();
  auto file = open_by_name(*row);
  if (file || file.error().condition != Condition::no_such_message) co_return std::move(file);
  const std::uint64_t octets = row->size;
  auto asked = co_await ask_for_file(uid, octets);  // its name has changed this moment
  co_return std::move(asked);
}

Result<MessageFile> StoreMailbox::open_by_name(const store::MessageRow& row) {
  const auto account = account_.index->account(account_.key);
  if (!account) return account.error();
  const auto folder = account_.index->folder(account_.key, store::inbox_folder);
  if (!folder) return folder.error();
  const auto files = store::MessageFiles::open(account_.path);
  if (!files) return files.error();
  auto descriptor = files->open_message(*account, *folder, row);
  if (!descriptor) return descriptor.error();
  return checked(std::move(*descriptor), row.size);
}

loop::Task<Result<MessageFile>> StoreMailbox::ask_for_file(store::Uid uid, std::uint64_t octets) {
  store::OpenFile request;
  request.account = name_;
  request.folder = store::inbox_folder;
  request.uid = uid;
  std::vector<UniqueFd> none;
  auto reply = co_await link_.rpc().call_with(request, std::move(none), StoreLink::patience());
  if (!reply) co_return reply.error();
  if (reply->descriptors.empty()) co_return Error::temporary(Condition::damaged, "stored sent no message file");
  co_return checked(std::move(reply->descriptors.front()), octets);
}

loop::Task<Result<void>> StoreMailbox::remove(store::UidSet uids) {
  store::Expunge request;
  request.account = name_;
  request.folder = store::inbox_folder;
  request.mode = static_cast<std::uint8_t>(store::ExpungeMode::exactly);
  request.uids = std::move(uids);
  auto reply = co_await link_.rpc().call(request, StoreLink::patience());
  if (!reply && reply.error().condition == Condition::unavailable) {
    // stored was restarted, perhaps behind the change: uids never come back, so asking again is safe.
    co_await loop::sleep(link_.loop(), std::chrono::seconds(1));
    auto again = co_await link_.rpc().call(request, StoreLink::patience());
    reply = std::move(again);
  }
  if (!reply) co_return reply.error();
  co_return Result<void>{};
}

}  // namespace mailtree::pop3
