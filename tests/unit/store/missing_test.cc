// SPDX-License-Identifier: Apache-2.0
// Folders whose directories are gone, and names of the store that somebody else uses for something.
#include <set>

#include "unit/store/shown_bench.h"

namespace mailtree::store {
namespace {

using test::FailingDisk;

struct Folders : ShownBench {
  Folders() {
    CreateFolder create;
    create.name = "Work";
    const auto created = perform<CreateFolderOperation>(create);
    BOOST_REQUIRE(created->outcome.has_value());
    work = created->reply.folder;
    for (unsigned char i = 11; i <= 12; ++i) {
      const auto delivery = make_delivery("w" + std::to_string(i), i, false, "Work");
      run({delivery});
      BOOST_REQUIRE(delivery->outcome.has_value());
    }
    open_mailbox(work);
    BOOST_REQUIRE((texts(work) == Texts{"w11", "w12"}));
  }
  [[nodiscard]] std::string path() const { return account_path() + "/Maildir/.Work"; }
  FolderId work = no_folder;
};

// The first record of a log with one frame a commit, overwritten.
void lose_first_record(const std::string& log) {
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(30);
  file << "garbage that is no record";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(missing, Listening)

BOOST_AUTO_TEST_CASE(a_folder_without_its_directory_is_made_anew_and_its_messages_are_expunged) {
  Folders bench;
  const auto before = bench.open_mailbox(bench.work)->reply;
  fs::rename(bench.path(), bench.directory.path() + "/away");
  const auto opened = bench.open_mailbox(bench.work);
  BOOST_REQUIRE(opened->outcome.has_value());
  BOOST_TEST(was_logged("store.folder.gone"));
  BOOST_TEST(opened->reply.messages == 0U);
  BOOST_TEST(opened->reply.uidvalidity == before.uidvalidity);
  BOOST_TEST(opened->reply.uidnext == before.uidnext);
  const auto account = bench.open_account();
  const auto changes =
      (*IndexReader::open(bench.index->path()))->changes(account->reply.key, bench.work, before.highestmodseq);
  BOOST_TEST(count(changes->expunged) == 2U);
  const auto delivery = bench.make_delivery("new", 13, false, "Work");
  bench.run({delivery});
  BOOST_TEST(delivery->outcome.has_value());
  BOOST_TEST((bench.texts(bench.work) == Texts{"new"}));
  bench.reopen();
  BOOST_TEST((bench.texts(bench.work) == Texts{"new"}));
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
}

BOOST_AUTO_TEST_CASE(a_directory_that_comes_back_brings_its_mail_back) {
  for (const bool restart : {false, true}) {
    Folders bench;
    fs::rename(bench.path(), bench.directory.path() + "/away");
    bench.open_mailbox(bench.work);
    if (restart) bench.reopen(true);
    fs::remove_all(bench.path());
    fs::rename(bench.directory.path() + "/away", bench.path());
    bench.clock.now += 60;
    const auto opened = bench.open_mailbox(bench.work);
    BOOST_REQUIRE(opened->outcome.has_value());
    const Texts back = bench.texts(bench.work);
    BOOST_TEST(std::set<std::string>(back.begin(), back.end()) == (std::set<std::string>{"w11", "w12"}),
               "restart " << restart << ", " << back.size() << " messages");
    BOOST_TEST(bench.aside().empty());
  }
}

BOOST_AUTO_TEST_CASE(parts_of_a_folder_that_are_gone_are_made_anew) {
  for (const char* const part : {"/cur", "/new"}) {
    Folders bench;
    fs::remove_all(bench.path() + part);
    const auto opened = bench.open_mailbox(bench.work);
    BOOST_REQUIRE(opened->outcome.has_value());
    BOOST_TEST(opened->reply.messages == (part == std::string("/cur") ? 0U : 2U));
    BOOST_TEST(fs::is_directory(bench.path() + part));
  }
}

BOOST_AUTO_TEST_CASE(an_account_without_any_folder_can_be_used_again) {
  Folders bench;
  fs::rename(bench.account_path() + "/Maildir", bench.directory.path() + "/away");
  const auto failed = bench.deliver("first", 21);
  BOOST_TEST(!failed->outcome.has_value());
  BOOST_TEST((failed->outcome.error().kind == Kind::temporary));
  BOOST_TEST(bench.deliver("first", 21, true)->outcome.has_value());
  BOOST_TEST((bench.texts() == Texts{"first"}));
  BOOST_TEST(bench.texts(bench.work).empty());
  BOOST_TEST(bench.open_mailbox(bench.work)->outcome.has_value());
}

BOOST_AUTO_TEST_CASE(a_disk_that_does_not_answer_never_makes_a_folder_empty) {
  for (std::uint64_t at = 1; at < 200; ++at) {
    Folders bench;
    fs::rename(bench.path(), bench.directory.path() + "/away");
    bench.disk.count_every_call();
    bench.disk.fail(at, FailingDisk::Mode::from_then_on, FailingDisk::Fault::io);
    static_cast<void>(bench.open_mailbox(bench.work));
    bench.disk.heal();
    if (was_logged("store.folder.gone")) break;  // far enough: it was certain before
    fs::rename(bench.directory.path() + "/away", bench.path());
    BOOST_TEST((bench.texts(bench.work) == Texts{"w11", "w12"}), "failed at call " << at);
  }
  BOOST_TEST(was_logged("store.folder.gone"));
}

BOOST_AUTO_TEST_CASE(a_directory_named_log_new_does_not_keep_the_log_from_being_rewritten) {
  ShownBench bench;
  fs::create_directories(bench.account_path() + "/log.new/with");
  std::ofstream(bench.account_path() + "/log.new/with/content") << "kept";
  for (int i = 0; i < 3000; ++i) bench.flag_first_message();
  BOOST_TEST(fs::file_size(bench.log()) < 100'000U);
  BOOST_TEST(content_of(bench.account_path() + "/aside/log.new/with/content") == "kept");
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
}

BOOST_AUTO_TEST_CASE(whatever_has_the_name_of_a_new_file_of_the_partition_does_not_keep_it_from_opening) {
  const auto make = [](int kind, const std::string& path) {
    if (kind == 0) std::ofstream(path) << "cut o";
    if (kind == 1) fs::create_symlink("/nowhere", path);
    if (kind == 2) fs::create_directory_symlink(fs::path(path).parent_path(), path);
    if (kind == 3) fs::create_directory(path);
    if (kind == 4) fs::create_directories(path + "/with/content");
  };
  for (int kind = 0; kind < 5; ++kind) {
    ShownBench bench;
    const auto generation = bench.partition->generation();
    for (const char* const name : {"owner", "usage"}) {
      const std::string draft = bench.directory.path() + "/" + name + ".new";
      bench.stop();
      make(kind, draft);
      auto partition = Partition::open(bench.disk, bench.directory.path(), "host.test");
      BOOST_REQUIRE_MESSAGE(partition.has_value(), "kind " << kind);
      BOOST_TEST((*partition)->write("usage", "x").has_value(), "kind " << kind);
      BOOST_TEST(!fs::exists(fs::symlink_status(draft)), "kind " << kind);
    }
    bench.reopen();
    BOOST_TEST(bench.partition->generation() == generation + 3);
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
    BOOST_TEST(was_logged("store.file.aside") == (kind >= 3));
    std::size_t kept = 0;
    for (const auto& entry : fs::recursive_directory_iterator(bench.directory.path())) {
      if (entry.path().filename() == "content") ++kept;
    }
    BOOST_TEST(kept == (kind == 4 ? 2U : 0U));
  }
}

BOOST_AUTO_TEST_CASE(an_owner_that_cannot_be_read_is_named_and_the_partition_left_alone) {
  ShownBench bench;
  bench.stop();
  const std::string owner = bench.directory.path() + "/owner";
  fs::remove(owner);
  fs::create_directory(owner);
  const auto partition = Partition::open(bench.disk, bench.directory.path(), "host.test");
  BOOST_REQUIRE(!partition.has_value());
  BOOST_TEST(partition.error().detail.find("owner of " + bench.directory.path()) != std::string::npos);
  BOOST_TEST(partition.error().detail.find("directory") != std::string::npos, partition.error().detail);
  BOOST_TEST(fs::is_directory(owner));
}

BOOST_AUTO_TEST_CASE(a_file_or_link_named_aside_is_the_first_thing_in_it) {
  for (const bool link : {false, true}) {
    ShownBench bench;
    const std::string aside = bench.account_path() + "/aside";
    if (link) {
      fs::create_symlink("/nowhere", aside);
    } else {
      std::ofstream(aside) << "kept";
    }
    fs::remove(bench.log());
    fs::create_directory(bench.log());
    bench.reopen(true);
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}), "link " << link);
    BOOST_TEST(fs::is_directory(aside));
    BOOST_TEST(bench.aside().size() == 2U);
  }
}

BOOST_AUTO_TEST_CASE(a_log_without_its_first_record_is_rebuilt_with_the_folders_on_the_disk) {
  for (const bool index : {true, false}) {
    heard.clear();
    Folders bench;
    CreateFolder create;
    create.name = "Later/Box";
    BOOST_REQUIRE(bench.perform<CreateFolderOperation>(create)->outcome.has_value());
    const auto row = bench.inbox();
    bench.stop();
    lose_first_record(bench.log());
    bench.reopen(!index);
    const auto opened = bench.open_account();
    BOOST_REQUIRE(opened->outcome.has_value());
    BOOST_TEST(was_logged("store.log.damaged"));
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
    const auto rows = (*IndexReader::open(bench.index->path()))->folders(opened->reply.key);
    std::map<std::string, FolderRow> folders;
    for (const FolderRow& one : *rows) folders[one.name] = one;
    for (const char* const name : {"INBOX", "Work", "Later", "Later/Box", "Sent", "Drafts", "Trash", "Junk"}) {
      BOOST_TEST(folders.contains(name), name);
    }
    BOOST_TEST(folders.size() == 8U);
    BOOST_TEST((bench.texts(folders["Work"].id) == Texts{"w11", "w12"}));
    BOOST_TEST(folders["INBOX"].uidvalidity > row.uidvalidity);
    BOOST_TEST(folders["Work"].uidnext > 10'000U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
