// SPDX-License-Identifier: Apache-2.0
// A partition in a temporary directory with one account, as tests of the synchronous core need it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "store/daemon/account.h"
#include "store/daemon/operations/operations.h"
#include "store/index_reader.h"
#include "unit/store/failing_disk.h"

namespace mailtree::test {

class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::string& parent = "/tmp") : path_(parent + "/store_test.XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Wall wall() const override { return Wall(std::chrono::seconds(now)); }
  [[nodiscard]] Monotonic monotonic() const override { return Monotonic(std::chrono::seconds(now)); }
  std::int64_t now = 1'790'000'000;
};

inline store::AccountName ann() {
  return {"alpha.test", "Ann", "uuid-of-ann"};
}

// With so many messages in INBOX and nothing else, without files.
inline store::AccountState large_account(store::Uid messages) {
  store::AccountState state;
  store::entry::FolderSet inbox;
  inbox.id = store::inbox_folder;
  inbox.name = "INBOX";
  inbox.directory = "Maildir";
  inbox.uidvalidity = 7;
  bool whole = apply(state, store::entry::AccountNamed{ann(), "host"}, 1) && apply(state, inbox, 1);
  for (store::Uid uid = 1; uid <= messages; ++uid) {
    store::entry::Arrived arrived;
    arrived.folder = store::inbox_folder;
    arrived.message.uid = uid;
    arrived.message.modseq = uid;
    whole = whole && apply(state, arrived, 1);
  }
  if (!whole) std::abort();
  return state;
}

// All steps of bringing the flags into the file names; false after a failure.
inline bool show_flags(store::Account& account, std::size_t step = 500) {
  store::NamePass pass;
  pass.account = ann();
  while (!pass.finished) account.show_flags(pass, step);
  if (account.needs_clean_up()) account.clean_up();
  return !pass.failure;
}

// Everything of stored but loop and socket. reopen() is what a kill and a new start do.
class Bench {
 public:
  explicit Bench(const std::string& parent = "/tmp") : directory(parent) {
    if (!store::Partition::create(disk, directory.path())) std::abort();
    reopen();
  }

  void reopen(bool drop_index = false) {
    account.reset();
    index.reset();
    partition.reset();
    disk.heal();
    if (drop_index) std::filesystem::remove_all(directory.path() + "/index");
    partition = std::move(*store::Partition::open(disk, directory.path(), "host.test"));
    store::IndexOptions options = store::index_options(*partition, directory.path() + "/index");
    options.map_bytes = std::size_t{256} << 20;
    index = std::move(*store::IndexWriter::open(options));
    account = std::make_unique<store::Account>(*partition, *index, clock, ann());
  }

  std::shared_ptr<UniqueFd> file_with(const std::string& text) {
    loop::RealDisk real;
    auto file = real.open_unnamed(partition->directory());
    if (!file || !real.write_at(file->get(), text, 0)) std::abort();
    return std::make_shared<UniqueFd>(std::move(*file));
  }

  void run(std::vector<std::shared_ptr<store::Operation>> operations) {
    account->run(operations);
    if (account->needs_clean_up()) account->clean_up();
  }

  template <typename Op>
  std::shared_ptr<Op> perform(typename Op::Request request) {
    request.account = ann();
    const auto operation = std::make_shared<Op>(std::move(request));
    run({operation});
    return operation;
  }

  std::shared_ptr<store::DeliverOperation> make_delivery(const std::string& text, unsigned char transaction,
                                                         bool again = false, const std::string& folder = {}) {
    auto request = std::make_shared<store::Deliver>();
    request->transaction.fill(transaction);
    request->size = text.size();
    request->again = again;
    store::DeliverRecipient recipient;
    recipient.account = ann();
    recipient.folder = folder;
    request->recipients.push_back(recipient);
    return std::make_shared<store::DeliverOperation>(request, 0, file_with(text));
  }
  std::shared_ptr<store::DeliverOperation> deliver(const std::string& text, unsigned char transaction,
                                                   bool again = false) {
    auto operation = make_delivery(text, transaction, again);
    run({operation});
    return operation;
  }

  std::shared_ptr<store::OpenAccountOperation> open_account() {
    return perform<store::OpenAccountOperation>(store::OpenAccount{});
  }
  std::shared_ptr<store::OpenMailboxOperation> open_mailbox(store::FolderId folder = store::inbox_folder) {
    store::OpenMailbox request;
    request.folder = folder;
    request.read_write = true;
    return perform<store::OpenMailboxOperation>(request);
  }

  [[nodiscard]] std::string account_path() const { return directory.path() + "/" + store::account_place(ann()).path(); }

  // The text of each message of a folder in uid order, read the way imapd reads.
  std::vector<std::string> texts(store::FolderId folder = store::inbox_folder) {
    std::vector<std::string> all;
    const auto opened = open_account();
    if (!opened->outcome) return {"account: " + opened->outcome.error().detail};
    const auto reader = store::IndexReader::open(index->path());
    const auto account_row = (*reader)->account(opened->reply.key);
    const auto folder_row = (*reader)->folder(opened->reply.key, folder);
    const auto rows = (*reader)->messages(opened->reply.key, folder, 1, UINT32_MAX);
    const auto files = store::MessageFiles::open(account_path());
    if (!account_row || !folder_row || !rows || !files) return {"not in the index"};
    loop::RealDisk real;
    for (const store::MessageRow& row : *rows) {
      const auto file = files->open_message(*account_row, *folder_row, row);
      all.push_back(file ? *loop::read_whole(real, file->get(), 1 << 20) : "missing " + std::to_string(row.uid));
    }
    return all;
  }

  TemporaryDirectory directory;
  FailingDisk disk;
  FixedClock clock;
  std::unique_ptr<store::Partition> partition;
  std::unique_ptr<store::IndexWriter> index;
  std::unique_ptr<store::Account> account;
};

}  // namespace mailtree::test
