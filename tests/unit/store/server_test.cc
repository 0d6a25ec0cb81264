// SPDX-License-Identifier: Apache-2.0
// stored as its clients see it: through the socket.
#include "store/daemon/server.h"

#include <boost/test/unit_test.hpp>

#include "loop/listen_socket.h"
#include "store/acl.h"
#include "store/client.h"
#include "store/daemon/thread.h"
#include "store/metadata.h"
#include "store/transfer.h"
#include "support/run_task.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

using loop::Deadline;
using loop::Task;

Deadline soon() {
  return Deadline::after(std::chrono::seconds(10));
}

struct World {
  explicit World(NamingPlan naming = {}) : pool(loop, 4) {
    if (!Partition::create(disk, directory.path())) std::abort();
    ServerOptions options;
    options.partition_path = directory.path();
    options.index_directory = directory.path() + "/index";
    options.host_name = "host.test";
    options.index_map_bytes = std::size_t{256} << 20;
    options.upkeep.naming = naming;
    server = std::make_unique<Server>(loop, pool, options);
    if (!server->open()) std::abort();
    auto listening = loop::listen_unix(directory.path() + "/socket", 0600);
    server->serve(std::move(*listening));
    client = std::make_unique<Client>(loop, directory.path() + "/socket");
  }

  test::TemporaryDirectory directory;
  loop::RealDisk disk;
  loop::Loop loop;
  loop::WorkerPool pool;
  std::unique_ptr<Server> server;
  std::unique_ptr<Client> client;
};

AccountName user(const std::string& uid) {
  return {"alpha.test", uid, "uuid-" + uid};
}

Task<void> deliver_and_read(World& world) {
  const std::string text = "From: a@b\r\nMessage-ID: <m@b>\r\n\r\nHello\r\n";
  auto file = co_await world.client->new_message_file(100, soon());
  BOOST_REQUIRE(file.has_value());
  BOOST_REQUIRE(world.disk.write_at(file->get(), text, 0).has_value());
  Deliver deliver;
  deliver.transaction.fill(7);
  deliver.size = text.size();
  for (const char* const uid : {"ann", "bob"}) {
    DeliverRecipient recipient;
    recipient.account = user(uid);
    recipient.index = static_cast<std::uint32_t>(deliver.recipients.size());
    deliver.recipients.push_back(recipient);
  }
  const auto delivered = co_await world.client->deliver(deliver, file->get(), soon());
  BOOST_REQUIRE(delivered.has_value());
  BOOST_REQUIRE_EQUAL(delivered->results.size(), 2U);
  for (const DeliverResult& result : delivered->results) {
    BOOST_TEST(result.delivered);
    BOOST_TEST(result.uid == 1U);
  }

  OpenAccount open;
  open.account = user("bob");
  const auto opened = co_await world.client->call(open, soon());
  BOOST_REQUIRE(opened.has_value());
  const auto reader = IndexReader::open(opened->index_path);
  BOOST_REQUIRE(reader.has_value());
  const auto folders = (*reader)->folders(opened->key);
  BOOST_REQUIRE(folders.has_value());
  BOOST_TEST(folders->size() == 5U);
  const auto account = (*reader)->account(opened->key);
  const auto row = (*reader)->message(opened->key, inbox_folder, 1);
  BOOST_REQUIRE(row.has_value());
  BOOST_TEST(row->thread == named_thread("References: <m@b>\r\n", true));
  const auto files = MessageFiles::open(opened->account_path);
  const auto message = files->open_message(*account, folders->front(), *row);
  BOOST_REQUIRE(message.has_value());
  BOOST_TEST(*loop::read_whole(world.disk, message->get(), 1000) == text);
  OpenFile by_stored;
  by_stored.account = user("bob");
  by_stored.folder = inbox_folder;
  by_stored.uid = 1;
  const auto handed = co_await world.client->open_file(by_stored, soon());
  BOOST_REQUIRE(handed.has_value());
  BOOST_TEST(*loop::read_whole(world.disk, handed->get(), 1000) == text);
  co_await world.server->stop(soon());
}

Task<void> watch_changes(World& world, std::vector<ChangeNotice>& notices) {
  OpenAccount open;
  open.account = user("ann");
  const auto opened = co_await world.client->call(open, soon());
  BOOST_REQUIRE(opened.has_value());
  Watch watch;
  watch.add.push_back(opened->key);
  const auto watching = co_await world.client->call(watch, soon());
  BOOST_REQUIRE(watching.has_value());
  CreateFolder create;
  create.account = user("ann");
  create.name = "Lists/C++";
  const auto created = co_await world.client->call(create, soon());
  BOOST_REQUIRE(created.has_value());
  std::vector<UniqueFd> files;
  auto file = co_await world.client->new_message_file(0, soon());
  BOOST_REQUIRE(file.has_value());
  BOOST_REQUIRE(world.disk.write_at(file->get(), "x\r\n", 0).has_value());
  files.push_back(std::move(*file));
  Append append;
  append.account = user("ann");
  append.folder = created->folder;
  append.messages.resize(1);
  append.messages[0].size = 3;
  const auto appended = co_await world.client->append(append, std::move(files), soon());
  BOOST_REQUIRE(appended.has_value());
  BOOST_TEST(appended->uidvalidity == created->uidvalidity);
  BOOST_TEST(count(appended->uids) == 1U);
  co_await loop::sleep(world.loop, std::chrono::milliseconds(100));
  BOOST_TEST(notices.size() >= 2U);
  BOOST_TEST(notices.back().folder == created->folder);
  BOOST_TEST(notices.back().modseq == appended->modseq);
  co_await world.server->stop(soon());
}

Task<void> set_and_get_rights(World& world) {
  OpenAccount open;
  open.account = user("ann");
  const auto opened = co_await world.client->call(open, soon());
  BOOST_REQUIRE(opened.has_value());
  SetAcl set;
  set.account = user("ann");
  set.folder = inbox_folder;
  set.identifier = "anyone";
  set.rights = "rl";
  const auto done = co_await world.client->call(set, soon());
  BOOST_REQUIRE(done.has_value());
  BOOST_TEST(done->changed);
  set.rights = "R";
  const auto refused = co_await world.client->call(set, soon());
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().kind == Kind::permanent));
  GetAcl get;
  get.account = user("ann");
  get.folder = inbox_folder;
  const auto got = co_await world.client->call(get, soon());
  BOOST_REQUIRE(got.has_value());
  const std::vector<AclEntry> expected = {{"anyone", "lr"}};
  BOOST_TEST((got->entries == expected));
  const auto shown = (*IndexReader::open(opened->index_path))->acl(opened->key, inbox_folder);
  BOOST_REQUIRE(shown.has_value());
  BOOST_TEST((*shown == expected));
  co_await world.server->stop(soon());
}

Task<void> set_and_get_metadata(World& world) {
  OpenAccount open;
  open.account = user("ann");
  const auto opened = co_await world.client->call(open, soon());
  BOOST_REQUIRE(opened.has_value());
  SetMetadata set;
  set.account = user("ann");
  MetadataChange change;
  change.name = "/Private/Vendor/Test/Binary";
  change.value = std::string("\0\xff", 2);
  set.changes.push_back(change);
  const auto done = co_await world.client->call(set, soon());
  BOOST_REQUIRE(done.has_value());
  BOOST_TEST(done->changed);
  GetMetadata get;
  get.account = user("ann");
  const auto got = co_await world.client->call(get, soon());
  BOOST_REQUIRE(got.has_value());
  const std::vector<MetadataEntry> expected = {{"/private/vendor/test/binary", change.value}};
  BOOST_TEST((got->entries == expected));
  const auto shown = (*IndexReader::open(opened->index_path))->metadata(opened->key, no_folder);
  BOOST_REQUIRE(shown.has_value());
  BOOST_TEST((*shown == expected));
  get.folder = inbox_folder;
  const auto of_inbox = co_await world.client->call(get, soon());
  BOOST_REQUIRE(of_inbox.has_value());
  BOOST_TEST(of_inbox->entries.empty());
  co_await world.server->stop(soon());
}

Task<Result<OpenAccount::Reply>> open_account(World& world, std::string uid) {
  OpenAccount open;
  open.account = user(uid);
  const auto opened = co_await world.client->call(open, soon());
  co_return opened;
}

// More than one transfer takes at a time.
Task<void> move_to_bob(World& world) {
  constexpr Uid many = 200;
  static_assert(many > max_transfer);
  const auto ann = co_await open_account(world, "ann");
  const auto bob = co_await open_account(world, "bob");
  BOOST_REQUIRE((ann && bob));
  for (Uid sent = 0; sent < many; sent += 10) {
    Append append;
    append.account = user("ann");
    append.folder = inbox_folder;
    append.messages.resize(10);
    std::vector<UniqueFd> files;
    for (AppendMessage& message : append.messages) {
      auto file = co_await world.client->new_message_file(0, soon());
      BOOST_REQUIRE(file.has_value());
      BOOST_REQUIRE(world.disk.write_at(file->get(), "x\r\n", 0).has_value());
      files.push_back(std::move(*file));
      message.size = 3;
    }
    const auto appended = co_await world.client->append(append, std::move(files), soon());
    BOOST_REQUIRE(appended.has_value());
  }
  MoveToAccount move;
  move.account = user("ann");
  move.source = inbox_folder;
  move.uids.push_back({2, UINT32_MAX});
  move.target_account = user("bob");
  move.target = inbox_folder;
  const auto moved = co_await world.client->call(move, soon());
  BOOST_REQUIRE(moved.has_value());
  BOOST_TEST(count(moved->source) == many - 1);
  BOOST_TEST(count(moved->target) == many - 1);
  const auto reader = IndexReader::open(ann->index_path);
  BOOST_REQUIRE(reader.has_value());
  const auto of_ann = (*reader)->folder(ann->key, inbox_folder);
  const auto of_bob = (*reader)->folder(bob->key, inbox_folder);
  BOOST_REQUIRE((of_ann && of_bob));
  BOOST_TEST(of_ann->messages == 1U);
  BOOST_TEST(of_bob->messages == many - 1);
  BOOST_TEST(of_bob->uidvalidity == moved->uidvalidity);
  BOOST_TEST(of_ann->highestmodseq == moved->modseq);
  move.target_account = user("nobody");
  move.uids.front().first = 1;
  const auto refused = co_await world.client->call(move, soon());
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().condition == Condition::no_such_mailbox));
  move.target_account = move.account;
  const auto senseless = co_await world.client->call(move, soon());
  BOOST_TEST(!senseless.has_value());
  co_await world.server->stop(soon());
}

// How many files of an account's INBOX show \Seen.
std::ptrdiff_t seen_in_names(const World& world, const std::string& uid) {
  std::ptrdiff_t seen = 0;
  const std::string cur = world.directory.path() + "/" + account_place(user(uid)).path() + "/Maildir/cur";
  for (const auto& entry : std::filesystem::directory_iterator(cur)) {
    seen += entry.path().string().ends_with(":2,S") ? 1 : 0;
  }
  return seen;
}

Task<void> flag_and_wait(World& world, std::vector<ChangeNotice>& notices) {
  constexpr Uid many = 40;
  std::vector<AccountKey> keys;
  for (const char* const uid : {"ann", "bob"}) {
    OpenAccount open;
    open.account = user(uid);
    const auto opened = co_await world.client->call(open, soon());
    BOOST_REQUIRE(opened.has_value());
    keys.push_back(opened->key);
    for (Uid i = 0; i < many; i += 8) {
      std::vector<UniqueFd> files;
      Append append;
      append.account = user(uid);
      append.folder = inbox_folder;
      append.messages.resize(8);
      for (AppendMessage& message : append.messages) {
        auto file = co_await world.client->new_message_file(0, soon());
        BOOST_REQUIRE(file.has_value());
        BOOST_REQUIRE(world.disk.write_at(file->get(), "x\r\n", 0).has_value());
        files.push_back(std::move(*file));
        message.size = 3;
      }
      const auto appended = co_await world.client->append(append, std::move(files), soon());
      BOOST_REQUIRE(appended.has_value());
    }
  }
  Watch watch;
  watch.add = keys;
  const auto watching = co_await world.client->call(watch, soon());
  BOOST_REQUIRE(watching.has_value());
  for (const char* const uid : {"ann", "bob"}) {
    Store store;
    store.account = user(uid);
    store.folder = inbox_folder;
    store.uids.push_back({1, many});
    store.mode = static_cast<std::uint8_t>(FlagMode::add);
    store.flags = flag::seen;
    const auto stored = co_await world.client->call(store, soon());
    BOOST_REQUIRE(stored.has_value());
  }
  for (const char* const uid : {"ann", "bob"}) {
    for (int i = 0; i < 1000 && seen_in_names(world, uid) != many; ++i) {
      co_await loop::sleep(world.loop, std::chrono::milliseconds(10));
    }
    BOOST_TEST(seen_in_names(world, uid) == many);
  }
  co_await world.server->stop(soon());
  BOOST_TEST(notices.size() == 2U);  // of the flags; names are no news
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_message_for_two_recipients_is_readable_by_both_once_it_is_acknowledged) {
  World world;
  test::run_task(world.loop, deliver_and_read(world));
  world.client.reset();
}

BOOST_AUTO_TEST_CASE(rights_are_set_and_told_through_the_socket_and_shown_by_the_index) {
  World world;
  test::run_task(world.loop, set_and_get_rights(world));
  world.client.reset();
}

BOOST_AUTO_TEST_CASE(annotations_are_set_and_told_through_the_socket_and_shown_by_the_index) {
  World world;
  test::run_task(world.loop, set_and_get_metadata(world));
  world.client.reset();
}

BOOST_AUTO_TEST_CASE(messages_move_to_another_account_some_at_a_time) {
  World world;
  test::run_task(world.loop, move_to_bob(world));
  world.client.reset();
}

BOOST_AUTO_TEST_CASE(changed_flags_reach_the_file_names_without_being_asked_and_nobody_is_told) {
  NamingPlan naming;
  naming.after = std::chrono::milliseconds(20);
  naming.look_every = std::chrono::milliseconds(10);
  naming.step = 7;
  World world(naming);
  std::vector<ChangeNotice> notices;
  world.client->on_change([&notices](const ChangeNotice& notice) { notices.push_back(notice); });
  test::run_task(world.loop, flag_and_wait(world, notices));
  world.client.reset();
}

BOOST_AUTO_TEST_CASE(who_watches_an_account_hears_of_each_change_after_it_is_in_the_index) {
  World world;
  std::vector<ChangeNotice> notices;
  world.client->on_change([&notices](const ChangeNotice& notice) { notices.push_back(notice); });
  test::run_task(world.loop, watch_changes(world, notices));
  world.client.reset();
}

}  // namespace mailtree::store
