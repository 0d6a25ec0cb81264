// SPDX-License-Identifier: Apache-2.0
// Two processes and one partition: who comes later has it, whatever the lock says, and nothing acknowledged is lost.
#include "unit/store/machine.h"
#include "unit/store/names_bench.h"
#include "unit/store/processes.h"

namespace mailtree::store {
namespace {

using test::Child;
using test::show_flags;

struct Shared : Site {
  // As on a file system whose locks do not reach other machines.
  void break_lock() const { fs::remove(path + "/lock"); }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(path + "/alpha.test")) {
      if (entry.is_regular_file() && entry.path().parent_path().filename() == "cur") {
        all.push_back(content_of(entry.path()));
      }
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  // Flags that the names of Ann's files show.
  Texts shown_flags() const {
    Texts names;
    for (const auto& entry : fs::directory_iterator(path + "/" + account_place(test::ann()).path() + "/Maildir/cur")) {
      names.push_back(entry.path().filename());
    }
    return letters(std::move(names));
  }
};

void mark_seen(Machine& machine) {
  Store store;
  store.folder = inbox_folder;
  store.uids = {{1, UINT32_MAX}};
  store.mode = static_cast<std::uint8_t>(FlagMode::add);
  store.flags = flag::seen;
  BOOST_REQUIRE(machine.perform<StoreOperation>(store)->outcome.has_value());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(partition, Shared)

BOOST_AUTO_TEST_CASE(a_lock_keeps_a_second_process_of_the_same_machine_out) {
  Child first([this](const auto& here) {
    Machine a(path, "a");
    a.start();
    here();
    return 0;
  });
  BOOST_REQUIRE(first.wait_for_point());
  const auto second = Partition::open(disk, path, "host.test");
  BOOST_REQUIRE(!second.has_value());
  BOOST_TEST((second.error().condition == Condition::unavailable));
  first.kill(SIGKILL);
  BOOST_TEST(Partition::open(disk, path, "host.test").has_value());
}

BOOST_AUTO_TEST_CASE(who_lost_the_partition_acknowledges_nothing_and_writes_nothing_from_then_on) {
  Child first([this](const auto& here) {
    Machine a(path, "a");
    a.start();
    a.append("one");
    here();
    if (a.try_append("lost")) return 1;
    if (!was_logged("store.partition.taken_over")) return 2;
    if (a.perform<OpenAccountOperation>(OpenAccount{})->outcome) return 3;
    if (a.partition->next_uidvalidity() && a.partition->write("usage", "x")) return 4;
    if (a.partition->release()) return 5;
    return 0;
  });
  BOOST_REQUIRE(first.wait_for_point());
  break_lock();
  Machine b(path, "b");
  b.start();
  BOOST_TEST(was_logged("store.partition.fenced"));
  b.append("two");
  const auto generation = b.partition->generation();
  first.go_on();
  BOOST_TEST(first.exit_status() == 0);
  b.append("three");
  BOOST_TEST(b.inbox().messages == 3U);
  BOOST_TEST((texts() == Texts{"one", "three", "two"}));
  BOOST_TEST(b.contradictions() == 0U);
  BOOST_TEST(b.partition->check_ours().has_value());
  b.start();
  BOOST_TEST(b.partition->generation() == generation + 1);
}

// It stood still between its last look at the owner and the write, e.g. a stopped virtual machine.
BOOST_AUTO_TEST_CASE(a_write_that_comes_too_late_touches_no_record_of_the_new_owner_and_is_not_acknowledged) {
  Child first([this](const auto& here) {
    Machine a(path, "a");
    a.start();
    a.append("one");
    auto file = a.disk.open_unnamed(a.partition->directory());
    static_cast<void>(a.disk.write_at(file->get(), "late", 0));
    Append append;
    append.account = test::ann();
    append.folder = inbox_folder;
    append.messages.resize(1);
    append.messages[0].size = 4;
    ReceivedFiles files = {std::make_shared<UniqueFd>(std::move(*file))};
    const auto operation = std::make_shared<AppendOperation>(std::move(append), std::move(files));
    const std::array<std::shared_ptr<Operation>, 1> batch = {operation};
    a.disk.before_write = here;  // the record: the first write of this batch
    a.account->run(batch);
    return operation->outcome ? 1 : 0;
  });
  BOOST_REQUIRE(first.wait_for_point());
  break_lock();
  Machine b(path, "b");
  b.start();
  for (int i = 0; i < 5; ++i) b.append("of b " + std::to_string(i));
  first.go_on();
  BOOST_TEST(first.exit_status() == 0);
  b.append("last");
  b.start();
  BOOST_TEST(!was_logged("store.log.damaged"));
  const auto inbox = b.inbox();
  BOOST_TEST(inbox.messages >= 7U);
  const std::vector<std::string> all = texts();
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(std::count(all.begin(), all.end(), "of b " + std::to_string(i)) == 1);
  }
  BOOST_TEST(std::count(all.begin(), all.end(), "last") == 1);
}

// To the new owner it would look like a change by another program.
BOOST_AUTO_TEST_CASE(who_lost_the_partition_brings_no_flags_into_names_any_more) {
  Child first([this](const auto& here) {
    Machine a(path, "a");
    a.start();
    a.append("one");
    mark_seen(a);
    here();
    if (show_flags(*a.account)) return 1;
    if (!was_logged("store.partition.taken_over")) return 2;
    return 0;
  });
  BOOST_REQUIRE(first.wait_for_point());
  break_lock();
  Machine b(path, "b");
  b.start();
  BOOST_TEST(b.inbox().messages == 1U);
  const std::string log = content_of(path + "/" + account_place(test::ann()).path() + "/log");
  first.go_on();
  BOOST_TEST(first.exit_status() == 0);
  BOOST_TEST((shown_flags() == Texts{""}));
  BOOST_TEST(content_of(path + "/" + account_place(test::ann()).path() + "/log") == log);
  BOOST_TEST(show_flags(*b.account));
  BOOST_TEST((shown_flags() == Texts{"S"}));
  BOOST_TEST(b.inbox().unseen == 0U);
}

BOOST_AUTO_TEST_CASE(who_loses_the_partition_while_names_are_recorded_does_not_take_them_for_recorded) {
  Child first([this](const auto& here) {
    Machine a(path, "a");
    a.start();
    a.append("one");
    mark_seen(a);
    a.disk.before_write = here;  // the record
    if (show_flags(*a.account)) return 1;
    return a.account->is_loaded() ? 2 : 0;
  });
  BOOST_REQUIRE(first.wait_for_point());
  break_lock();
  Machine b(path, "b");
  b.start();
  b.append("two");
  first.go_on();
  BOOST_TEST(first.exit_status() == 0);
  BOOST_TEST(b.inbox().unseen == 1U);
  OpenMailbox open;
  open.folder = inbox_folder;
  BOOST_TEST(b.perform<OpenMailboxOperation>(open)->outcome.has_value());  // and finds a name that it has not given
  BOOST_TEST(show_flags(*b.account));
  BOOST_TEST((shown_flags() == Texts{"S", ""}));
  BOOST_TEST(b.inbox().unseen == 1U);
  BOOST_TEST(b.contradictions() == 0U);
}

BOOST_AUTO_TEST_CASE(an_owner_that_was_only_touched_or_copied_is_still_ours) {
  Machine a(path, "a");
  a.start();
  fs::copy(path + "/owner", path + "/copy");
  fs::rename(path + "/copy", path + "/owner");
  BOOST_TEST(a.partition->check_ours().has_value());
  a.append("one");
  fs::rename(path + "/owner", path + "/away");
  BOOST_TEST(!a.partition->check_ours().has_value());
  BOOST_TEST(!a.try_append("two").has_value());
  fs::rename(path + "/away", path + "/owner");
  BOOST_TEST(a.partition->check_ours().has_value());
  a.append("two");
  BOOST_TEST(a.inbox().messages == 2U);
}

BOOST_AUTO_TEST_CASE(who_follows_a_process_that_ended_in_order_or_was_killed_here_renews_no_log) {
  Machine a(path, "a");
  a.start();
  BOOST_REQUIRE(a.partition->release().has_value());
  a.stop();
  Machine b(path, "b");
  b.start();
  BOOST_TEST(b.partition->renew_before() == 0U);
  b.start();  // it did not end in order, but the lock is the same
  BOOST_TEST(b.partition->renew_before() == 0U);
  BOOST_TEST(!was_logged("store.partition.fenced"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(account_in_use, Listening)

BOOST_AUTO_TEST_CASE(an_account_put_back_from_an_older_copy_under_a_running_process_gets_new_uidvalidities) {
  ShownBench bench;
  const std::string backup = bench.directory.path() + "/backup";
  fs::copy(bench.account_path(), backup, fs::copy_options::recursive);
  const FolderRow before = bench.inbox();
  bench.deliver("m4", 4);
  const FolderRow shown = bench.inbox();
  fs::rename(bench.account_path(), bench.directory.path() + "/away");
  fs::rename(backup, bench.account_path());
  const FolderRow after = bench.inbox();
  BOOST_TEST(was_logged("store.account.exchanged"));
  BOOST_TEST(was_logged("store.account.rolled_back"));
  BOOST_TEST(after.messages == 3U);
  BOOST_TEST(after.uidvalidity > before.uidvalidity);
  BOOST_TEST(after.highestmodseq > shown.highestmodseq);
  bench.deliver("m5", 5);
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3", "m5"}));
}

BOOST_AUTO_TEST_CASE(an_account_put_back_as_it_was_goes_on_with_its_uidvalidities_and_its_mail) {
  ShownBench bench;
  const auto before = bench.uidvalidities();
  const std::string backup = bench.directory.path() + "/backup";
  fs::copy(bench.account_path(), backup, fs::copy_options::recursive);
  fs::rename(bench.account_path(), bench.directory.path() + "/away");
  fs::rename(backup, bench.account_path());
  const auto delivered = bench.deliver("m4", 4);
  BOOST_TEST(delivered->outcome.has_value());
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3", "m4"}));
  BOOST_TEST((bench.uidvalidities() == before));
  bench.reopen();
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3", "m4"}));
}

BOOST_AUTO_TEST_CASE(flags_come_into_the_names_of_the_account_that_is_in_place_and_of_no_other) {
  ShownBench bench;
  change_flags(bench, 1, add, flag::seen, 3);
  const std::string away = bench.directory.path() + "/away";
  fs::rename(bench.account_path(), away);
  fs::copy(away, bench.account_path(), fs::copy_options::recursive);
  const std::string log = content_of(away + "/log");
  BOOST_TEST(show_flags(*bench.account));
  BOOST_TEST(was_logged("store.account.exchanged"));
  BOOST_TEST((letters(bench) == Texts{"S", "S", "S"}));
  BOOST_TEST(content_of(away + "/log") == log);
  fs::remove_all(bench.account_path());
  fs::rename(away, bench.account_path());
  BOOST_TEST((letters(bench) == Texts{"", "", ""}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
