// SPDX-License-Identifier: Apache-2.0
// What unfinished work and other programs leave in an account and beside it: nothing is lost, nothing stays for ever.
#include <sys/stat.h>

#include <array>
#include <set>

#include "unit/store/shown_bench.h"

namespace mailtree::store {
namespace {

using test::Bench;
using test::FailingDisk;

std::size_t drafts_in(const fs::path& bucket) {
  std::size_t drafts = 0;
  if (!fs::exists(bucket)) return drafts;
  for (const auto& entry : fs::directory_iterator(bucket)) {
    if (entry.path().filename().string().starts_with(".new-")) ++drafts;
  }
  return drafts;
}

ino_t inode_of(const std::string& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_ino;
}

// Beside Ann in her partition.
struct Neighbour {
  explicit Neighbour(Bench& bench) : account(*bench.partition, *bench.index, bench.clock, name) {}
  template <typename Op>
  Result<void> perform(typename Op::Request request) {
    request.account = name;
    const std::array<std::shared_ptr<Operation>, 1> batch = {std::make_shared<Op>(std::move(request))};
    account.run(batch);
    return batch.front()->outcome;
  }
  const AccountName name{"alpha.test", "Bob", "uuid-of-bob"};
  Account account;
};

Texts names_in(const fs::path& directory) {
  Texts names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

CreateFolder folder_named(const std::string& name) {
  CreateFolder create;
  create.name = name;
  return create;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(leftovers, Listening)

BOOST_AUTO_TEST_CASE(a_file_set_aside_never_replaces_another_and_is_durable_there_before_it_goes) {
  for (std::uint64_t at = 1; at < 10; ++at) {
    ShownBench bench;
    bench.open_mailbox();
    std::string leftover = bench.file_of("m1");  // of a copy that was never answered
    leftover.replace(leftover.find(",U=1.1,"), 7, ",U=1.900,");
    for (const char* const text : {"x1", "x2"}) {
      std::ofstream(leftover) << text;
      bench.clock.now += 60;
      bench.disk.fail(at, FailingDisk::Mode::once, FailingDisk::Fault::io);
      const auto opened = bench.open_mailbox();
      bench.disk.heal();
      const bool before_removal = at <= 4;  // directory, its sync, second name, its sync
      if (before_removal) BOOST_TEST(!opened->outcome.has_value());
      if (before_removal) BOOST_TEST(fs::exists(leftover), "failed at call " << at);
      BOOST_TEST(bench.open_mailbox()->outcome.has_value());
    }
    Texts aside;
    for (const std::string& path : bench.aside()) aside.push_back(content_of(path));
    std::sort(aside.begin(), aside.end());
    BOOST_TEST((aside == Texts{"x1", "x2"}), "failed at call " << at);
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
  }
}

BOOST_AUTO_TEST_CASE(what_a_crash_left_of_a_new_account_is_removed_with_the_next_and_nothing_else_is) {
  for (const auto mode : {FailingDisk::Mode::once, FailingDisk::Mode::from_then_on}) {
    for (std::uint64_t at = 1; at < 44; ++at) {
      Bench bench;
      const fs::path bucket = fs::path(bench.account_path()).parent_path();
      bench.disk.fail(at, mode);
      const bool made = bench.open_account()->outcome.has_value();
      if (!made && mode == FailingDisk::Mode::once) BOOST_TEST(drafts_in(bucket) == 0U, "failed at call " << at);
      bench.reopen();
      const bool made_before = fs::exists(bench.account_path());
      const std::vector<fs::path> kept = {bucket / ".new-0123456789abcdef" / "Maildir" / "cur" / "mail",
                                          bucket / ".new-77-0123456789abcdef" / "notes", bucket / ".new-somebody",
                                          bucket / ".new-x-0123456789abcdef", bucket / ".new-0123456789ABCDEF"};
      for (const fs::path& path : kept) {
        fs::create_directories(path.parent_path());
        std::ofstream(path) << "x";
      }
      fs::create_directories(bucket / ".new-fedcba9876543210" / "Maildir" / ".Sent" / "tmp");
      BOOST_REQUIRE(bench.open_account()->outcome.has_value());
      for (const fs::path& path : kept) BOOST_TEST(fs::exists(path));
      if (!made_before) BOOST_TEST(drafts_in(bucket) == kept.size(), "failed at call " << at);
    }
  }
}

// The neighbour's descriptors get the numbers that Ann's had.
BOOST_AUTO_TEST_CASE(what_a_refused_change_made_is_taken_back_in_its_own_account_and_in_no_other) {
  for (std::uint64_t at = 1; at < 14; ++at) {
    Bench bench;
    bench.deliver("one", 1);
    {
      Neighbour bob(bench);
      BOOST_REQUIRE(bob.perform<OpenAccountOperation>(OpenAccount{}).has_value());
      BOOST_REQUIRE(bob.perform<CreateFolderOperation>(folder_named("Work")).has_value());
    }
    Neighbour bob(bench);
    bench.disk.fail(at, FailingDisk::Mode::once, FailingDisk::Fault::io);
    const bool made = bench.perform<CreateFolderOperation>(folder_named("Work"))->outcome.has_value();
    bench.disk.heal();
    BOOST_REQUIRE(bob.perform<OpenAccountOperation>(OpenAccount{}).has_value());
    BOOST_REQUIRE(bench.deliver("two", 2)->outcome.has_value());
    const fs::path maildir = bench.directory.path() + "/" + account_place(bob.name).path() + "/Maildir";
    BOOST_TEST((names_in(maildir / ".Work") == Texts{"cur", "new", "tmp"}), "failed at call " << at);
    BOOST_TEST(fs::exists(bench.account_path() + "/Maildir/.Work") == made, "failed at call " << at);
    BOOST_TEST((bench.texts() == Texts{"one", "two"}), "failed at call " << at);
  }
}

// The log that was moved away may hold the record.
BOOST_AUTO_TEST_CASE(what_a_refused_delivery_left_stays_in_an_account_that_was_moved_away) {
  bool left = false;
  for (std::uint64_t at = 1; at < 8; ++at) {
    ShownBench bench;
    bench.disk.fail(at, FailingDisk::Mode::once, FailingDisk::Fault::io);
    bench.deliver("m4", 4);
    bench.disk.heal();
    left = left || (!bench.file_of("m4").empty() && !bench.account->is_loaded());
    const std::string away = bench.directory.path() + "/away";
    fs::rename(bench.account_path(), away);
    fs::copy(away, bench.account_path(), fs::copy_options::recursive);
    const Texts before = names_in(away + "/Maildir/cur");
    BOOST_TEST(bench.deliver("m5", 5)->outcome.has_value(), "failed at call " << at);
    BOOST_TEST((names_in(away + "/Maildir/cur") == before), "failed at call " << at);
  }
  BOOST_TEST(left);
}

BOOST_AUTO_TEST_CASE(of_two_files_of_one_message_the_one_that_can_be_it_is_kept) {
  const auto make_wrong = [](int kind, const std::string& path, const std::string& right) {
    if (kind == 0) std::ofstream(path) << "longer";
    if (kind == 1) fs::create_directory(path);
    if (kind == 2) fs::create_symlink(right, path);
    if (kind == 3) fs::copy_file(right, path);  // as good
  };
  for (int kind = 0; kind < 4; ++kind) {
    for (const bool wrong_has_the_name : {false, true}) {
      ShownBench bench;
      bench.open_mailbox();
      const Texts all = {"m1", "m2", "m3"};  // several, because the order in the directory is a matter of luck
      for (const std::string& text : all) {
        std::string right = bench.file_of(text);
        std::string wrong = right + "T";
        if (wrong_has_the_name) {
          fs::rename(right, wrong);
          right.swap(wrong);
        }
        make_wrong(kind, wrong, right);
      }
      bench.clock.now += 60;
      BOOST_REQUIRE(bench.open_mailbox()->outcome.has_value());
      BOOST_TEST((bench.texts() == all), "kind " << kind << (wrong_has_the_name ? ", in its place" : ""));
      BOOST_TEST(bench.aside().size() == 3U);
      BOOST_TEST(std::distance(fs::directory_iterator(bench.account_path() + "/Maildir/cur"), {}) == 3);
      BOOST_TEST(was_logged("store.file.aside"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_foreign_file_whose_sync_failed_counts_only_when_it_is_written_anew) {
  for (const auto mode : {FailingDisk::Mode::once, FailingDisk::Mode::from_then_on}) {
    for (const int files : {1, 70}) {  // 70: with a sync of the whole file system
      ShownBench bench;
      bench.open_mailbox();
      std::set<ino_t> before;
      std::vector<std::ifstream> held;
      Texts expected = {"m1", "m2", "m3"};
      for (int i = 0; i < files; ++i) {
        const std::string text = "foreign" + std::to_string(100 + i);
        const std::string path = bench.account_path() + "/Maildir/new/" + text;
        std::ofstream(path) << text;
        before.insert(inode_of(path));
        held.emplace_back(path);  // so that the number is not given to another file
        expected.push_back(text);
      }
      bench.disk.fail(1, mode);
      const auto first = bench.open_mailbox();
      BOOST_TEST(first->outcome.has_value() == (mode == FailingDisk::Mode::once));
      BOOST_TEST(was_logged("store.file.unsynced"));
      bench.disk.heal();
      BOOST_REQUIRE(bench.open_mailbox()->outcome.has_value());
      BOOST_TEST(bench.texts() == expected, boost::test_tools::per_element());
      for (const std::string& text : expected) {
        if (text.front() == 'f') BOOST_TEST(!before.contains(inode_of(bench.file_of(text))));
      }
      BOOST_TEST(fs::is_empty(bench.account_path() + "/Maildir/tmp"));
      heard.clear();
    }
  }
}

// The tombstone is what tells such a file from a foreign one.
BOOST_AUTO_TEST_CASE(a_file_whose_removal_failed_does_not_come_back_when_its_tombstone_is_old) {
  constexpr std::int64_t longer_than_a_tombstone = 40 * 24 * 3600;
  bool reached = true;
  for (std::uint64_t call = 1; reached; ++call) {
    Bench bench;
    bench.account = std::make_unique<Account>(*bench.partition, *bench.index, bench.clock, test::ann(),
                                              LogLimits{512, 1});  // rewritten every few records
    bench.deliver("gone", 1);
    bench.deliver("stays", 2);
    for (FolderId folder = inbox_folder; folder <= 5; ++folder) bench.open_mailbox(folder);  // nothing is doubtful
    Expunge expunge;
    expunge.folder = inbox_folder;
    expunge.mode = static_cast<std::uint8_t>(ExpungeMode::exactly);
    expunge.uids = {{1, 1}};
    bench.disk.count_every_call();
    bench.disk.fail(call, FailingDisk::Mode::once, FailingDisk::Fault::io);
    const bool expunged = bench.perform<ExpungeOperation>(expunge)->outcome.has_value();
    reached = bench.disk.calls() >= call;
    bench.disk.heal();
    if (!expunged) continue;
    bench.clock.now += longer_than_a_tombstone;
    for (int change = 0; change < 30; ++change) {
      Store store;
      store.folder = inbox_folder;
      store.uids = {{2, 2}};
      store.flags = change % 2 == 0 ? flag::seen : flag::flagged;
      BOOST_TEST_REQUIRE(bench.perform<StoreOperation>(store)->outcome.has_value());
    }
    bench.reopen(true);
    bench.open_mailbox();
    BOOST_TEST((bench.texts() == std::vector<std::string>{"stays"}), "after a failure at call " << call);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
