// SPDX-License-Identifier: Apache-2.0
// Machines that use one partition, one after the other or, if they do not know better, at once.
#pragma once

#include <array>
#include <functional>

#include "store/daemon/operations/inspection.h"
#include "unit/store/shown_bench.h"

namespace mailtree::store {

// One machine: its own index and run directory. The partition may be used by several, one after the other.
struct Machine {
  Machine(const std::string& path, const std::string& name) : partition_path(path), home(path + "." + name) {
    fs::create_directories(home + "/index");
    fs::create_directories(home + "/run");
  }
  ~Machine() { fs::remove_all(home); }

  void start() {
    stop();
    partition = std::move(*Partition::open(disk, partition_path, "host.test", {home + "/index", home + "/run"}));
    IndexOptions options = index_options(*partition, home + "/index");
    options.map_bytes = std::size_t{64} << 20;
    change(options);
    index = std::move(*IndexWriter::open(options));
    account = std::make_unique<Account>(*partition, *index, clock, test::ann());
  }
  void stop() {
    account.reset();
    index.reset();
    partition.reset();
  }
  template <typename Op>
  std::shared_ptr<Op> perform(typename Op::Request request) {
    request.account = test::ann();
    auto operation = std::make_shared<Op>(std::move(request));
    const std::array<std::shared_ptr<Operation>, 1> batch = {operation};
    account->run(batch);
    if (account->needs_clean_up()) account->clean_up();
    return operation;
  }
  void append(const std::string& text) { BOOST_REQUIRE(try_append(text).has_value()); }
  Result<void> try_append(const std::string& text) {
    if (!account->is_loaded()) static_cast<void>(perform<OpenAccountOperation>(OpenAccount{}));
    auto file = disk.open_unnamed(partition->directory());
    if (!file) return file.error();
    const auto written = disk.write_at(file->get(), text, 0);
    if (!written) return written;
    Append append;
    append.account = test::ann();
    append.folder = inbox_folder;
    append.messages.resize(1);
    append.messages[0].size = text.size();
    ReceivedFiles files = {std::make_shared<UniqueFd>(std::move(*file))};
    const auto operation = std::make_shared<AppendOperation>(std::move(append), std::move(files));
    const std::array<std::shared_ptr<Operation>, 1> batch = {operation};
    account->run(batch);
    if (account->needs_clean_up()) account->clean_up();
    return operation->outcome;
  }
  // As a session sees it.
  FolderRow inbox() {
    const auto opened = perform<OpenAccountOperation>(OpenAccount{});
    BOOST_REQUIRE(opened->outcome.has_value());
    const auto reader = IndexReader::open(index->path());
    BOOST_REQUIRE(reader.has_value());
    const auto row = (*reader)->folder(opened->reply.key, inbox_folder);
    BOOST_REQUIRE(row.has_value());
    return *row;
  }
  void lose_index() {
    for (const auto& entry : fs::directory_iterator(home + "/index")) {
      if (entry.is_directory()) fs::remove_all(entry.path());
    }
  }
  // What log, files and rows say differently, as an operator is told.
  std::uint64_t contradictions() {
    InspectAccount inspect;
    inspect.depth = static_cast<std::uint8_t>(Depth::check);
    return perform<InspectOperation>(inspect)->reply.found;
  }
  // The index that was trusted or begun, and whether the account's rows are believed without reading its log anew.
  bool has_rows() {
    const auto shown = index->shown(account_key(test::ann()));
    return shown && shown->published;
  }

  const std::string partition_path, home;
  std::function<void(IndexOptions&)> change = [](IndexOptions&) {};
  test::FailingDisk disk;
  test::FixedClock clock;
  std::unique_ptr<Partition> partition;
  std::unique_ptr<IndexWriter> index;
  std::unique_ptr<Account> account;
};

struct Site : Listening {
  Site() { BOOST_REQUIRE(Partition::create(disk, path).has_value()); }
  ~Site() { fs::remove_all(backup); }
  void back_up() {
    fs::remove_all(backup);
    fs::copy(path, backup, fs::copy_options::recursive);
  }
  void restore() {
    fs::remove_all(path);
    fs::rename(backup, path);
  }
  test::TemporaryDirectory directory;
  loop::RealDisk disk;
  const std::string path = directory.path();
  const std::string backup = path + ".backup";
};

}  // namespace mailtree::store
