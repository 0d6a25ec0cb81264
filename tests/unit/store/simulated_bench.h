// SPDX-License-Identifier: Apache-2.0
// The synchronous core of stored with one account on a disk that loses what was not synced.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/simulated_disk.h"
#include "unit/store/fixtures.h"

namespace mailtree::test {

class SimulatedBench {
 public:
  using Call = SimulatedDisk::Call;
  using Verdict = SimulatedDisk::Verdict;

  explicit SimulatedBench(store::LogLimits limits = {}) : limits_(limits) {
    if (!store::Partition::create(disk, directory_.path())) std::abort();
    open();
  }

  void kill() {
    close();
    disk.restart_after_kill();
    open();
  }
  void cut(Dice& dice) {
    close();
    disk.restart_after_power_cut(dice);
    open();
  }
  // The next call of this kind fails, e.g. the one after `passed` others of the kind.
  void fail_next(Call kind, int passed = 0) {
    disk.set_hook(
        [kind, passed](Call call) mutable { return call == kind && passed-- == 0 ? Verdict::fail : Verdict::proceed; });
  }
  void heal() { disk.set_hook({}); }

  void run(const std::vector<std::shared_ptr<store::Operation>>& operations) {
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
  std::shared_ptr<store::DeliverOperation> deliver(const std::string& text, unsigned char transaction) {
    auto request = std::make_shared<store::Deliver>();
    request->transaction.fill(transaction);
    request->size = text.size();
    store::DeliverRecipient recipient;
    recipient.account = ann();
    request->recipients.push_back(recipient);
    auto file = disk.open_unnamed(partition->directory());
    if (!file || !disk.write_at(file->get(), text, 0) || !disk.sync_data(file->get())) std::abort();
    auto operation =
        std::make_shared<store::DeliverOperation>(request, 0, std::make_shared<UniqueFd>(std::move(*file)));
    run({operation});
    return operation;
  }
  std::shared_ptr<store::OpenMailboxOperation> open_mailbox(store::FolderId folder) {
    store::OpenMailbox request;
    request.folder = folder;
    return perform<store::OpenMailboxOperation>(request);
  }
  // Copies, moves, expunges the uids first..last.
  template <typename Op>
  std::shared_ptr<Op> to(store::FolderId source, store::UidRange uids, store::FolderId target) {
    typename Op::Request request;
    request.source = source;
    request.uids = {uids};
    request.target = target;
    return perform<Op>(request);
  }
  std::shared_ptr<store::ExpungeOperation> expunge(store::FolderId folder, store::UidRange uids) {
    store::Expunge request;
    request.folder = folder;
    request.mode = static_cast<std::uint8_t>(store::ExpungeMode::exactly);
    request.uids = {uids};
    return perform<store::ExpungeOperation>(request);
  }

  // What a session finds: texts of the folder's messages in uid order.
  std::vector<std::string> texts(store::FolderId folder) {
    const auto opened = perform<store::OpenAccountOperation>(store::OpenAccount{});
    if (!opened->outcome) return {"account: " + opened->outcome.error().detail};
    const auto mailbox = open_mailbox(folder);
    if (!mailbox->outcome) return {"mailbox: " + mailbox->outcome.error().detail};
    const auto reader = store::IndexReader::open(index->path());
    const auto account_row = (*reader)->account(opened->reply.key);
    const auto folder_row = (*reader)->folder(opened->reply.key, folder);
    const auto rows = (*reader)->messages(opened->reply.key, folder, 1, UINT32_MAX);
    if (!account_row || !folder_row || !rows) return {"not in the index"};
    std::vector<std::string> all;
    for (const store::MessageRow& row : *rows) {
      all.push_back(
          content(folder_row->directory + "/cur/" + store::message_file_name(*account_row, *folder_row, row)));
    }
    return all;
  }
  std::string content(const std::string& path) {
    const auto inode = inode_of(path);
    return inode == DiskState::none ? "(missing)" : disk.state().content(inode);
  }
  // Below the account.
  DiskState::Inode inode_of(const std::string& path) {
    return disk.state().find(DiskState::root, store::account_place(ann()).path() + "/" + path);
  }
  std::vector<std::string> names(const std::string& path) {
    std::vector<std::string> all;
    for (const auto& [name, inode] : disk.state().names(inode_of(path))) all.push_back(name);
    return all;
  }
  // Another program's hand: durable at once.
  void make_folder(const std::string& path) {
    const std::size_t at = path.rfind('/');
    put_name(path.substr(0, at), path.substr(at + 1), disk.state().make_directory());
    for (const char* part : {"cur", "new", "tmp"}) put_name(path, part, disk.state().make_directory());
  }
  void put_name(const std::string& path, const std::string& name, DiskState::Inode inode) {
    disk.state().change_names({{inode_of(path), name, DiskState::none, inode}});
    disk.state().sync_all();
  }

  SimulatedDisk disk;
  FixedClock clock;
  std::unique_ptr<store::Partition> partition;
  std::unique_ptr<store::IndexWriter> index;
  std::unique_ptr<store::Account> account;

 private:
  void close() {
    account.reset();
    index.reset();
    partition.reset();
    heal();
  }
  void open() {
    std::filesystem::remove_all(directory_.path() + "/index");
    partition = std::move(*store::Partition::open(disk, directory_.path(), "host.test"));
    store::IndexOptions options = store::index_options(*partition, directory_.path() + "/index");
    options.map_bytes = std::size_t{64} << 20;
    index = std::move(*store::IndexWriter::open(options));
    account = std::make_unique<store::Account>(*partition, *index, clock, ann(), limits_);
  }

  TemporaryDirectory directory_;
  store::LogLimits limits_;
};

}  // namespace mailtree::test
