// SPDX-License-Identifier: Apache-2.0
// An account whose files are not as they were left: put back from a backup, cut, damaged, replaced by something else.
#include <sys/stat.h>

#include "unit/store/shown_bench.h"

namespace mailtree::store {
namespace {

using test::FailingDisk;

void damage_middle(const std::string& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(fs::file_size(path) / 2));
  file << "garbage";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(recovery, Listening)

BOOST_AUTO_TEST_CASE(an_account_put_back_from_an_older_backup_gets_new_uidvalidities_once) {
  ShownBench bench;
  const std::string backup = bench.directory.path() + "/backup";
  fs::copy(bench.account_path(), backup, fs::copy_options::recursive);
  const auto before = bench.uidvalidities();
  bench.deliver("m4", 4);
  const Modseq shown = bench.inbox().highestmodseq;
  bench.stop();
  fs::remove_all(bench.account_path());
  fs::rename(backup, bench.account_path());
  bench.reopen();

  const auto after = bench.uidvalidities();
  BOOST_TEST(was_logged("store.account.rolled_back"));
  BOOST_REQUIRE_EQUAL(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) BOOST_TEST(after[i] > *std::max_element(before.begin(), before.end()));
  BOOST_TEST(bench.inbox().highestmodseq > shown);
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));

  heard.clear();
  bench.reopen();
  BOOST_TEST((bench.uidvalidities() == after));
  bench.reopen(true);
  BOOST_TEST((bench.uidvalidities() == after));
  BOOST_TEST(!was_logged("store.account.rolled_back"));
}

BOOST_AUTO_TEST_CASE(an_older_account_makes_the_sums_of_its_domain_an_estimate) {
  ShownBench bench;
  const std::string backup = bench.directory.path() + "/backup";
  fs::copy(bench.account_path(), backup, fs::copy_options::recursive);
  bench.deliver("m4", 4);
  bench.stop();
  fs::remove_all(bench.account_path());
  fs::rename(backup, bench.account_path());
  bench.reopen();
  Usage& usage = bench.partition->usage();
  static_cast<void>(usage.begin());
  usage.end(true);
  BOOST_TEST(usage.is_exact());
  bench.open_account();
  BOOST_TEST(!usage.is_exact());
}

BOOST_AUTO_TEST_CASE(an_older_account_found_by_a_process_that_is_killed_is_still_new_to_everybody) {
  for (std::uint64_t at = 1; at < 12; ++at) {
    ShownBench bench;
    const std::string backup = bench.directory.path() + "/backup";
    fs::copy(bench.account_path(), backup, fs::copy_options::recursive);
    const auto before = bench.uidvalidities();
    bench.deliver("m4", 4);
    bench.stop();
    fs::remove_all(bench.account_path());
    fs::rename(backup, bench.account_path());
    bench.reopen();
    bench.disk.fail(at, FailingDisk::Mode::from_then_on);
    bench.open_account();
    bench.reopen();
    BOOST_TEST(bench.uidvalidities().front() > before.back(), "killed at call " << at);
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}), "killed at call " << at);
  }
}

BOOST_AUTO_TEST_CASE(a_kill_or_a_failure_at_any_call_is_never_taken_for_an_older_backup) {
  for (const auto mode : {FailingDisk::Mode::once, FailingDisk::Mode::from_then_on}) {
    for (std::uint64_t at = 1; at < 16; ++at) {
      ShownBench bench;
      const auto before = bench.uidvalidities();
      bench.open_mailbox();  // moves \Recent, which is in the index before it is in the log
      bench.disk.fail(at, mode);
      bench.deliver("m4", 4);
      bench.open_mailbox();
      bench.deliver("m5", 5);
      bench.reopen();
      BOOST_TEST((bench.uidvalidities() == before), "failed at call " << at);
      BOOST_TEST(!was_logged("rolled_back"), "failed at call " << at);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_log_rewritten_just_before_a_kill_is_not_taken_for_an_older_backup) {
  for (std::uint64_t at = 1; at < 6; ++at) {
    ShownBench bench;
    const auto before = bench.uidvalidities();
    std::uint64_t calls = 0;
    for (int i = 0; i < 3000 && calls < 2 + at; ++i) {
      // A change alone is two calls.
      bench.disk.fail(2 + at, FailingDisk::Mode::from_then_on, FailingDisk::Fault::io);
      bench.flag_first_message();
      calls = bench.disk.calls();
    }
    BOOST_REQUIRE_EQUAL(calls, 2 + at);
    bench.reopen();
    BOOST_TEST((bench.uidvalidities() == before), "killed at call " << at);
    BOOST_TEST(!was_logged("rolled_back"), "killed at call " << at);
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}), "killed at call " << at);
  }
}

BOOST_AUTO_TEST_CASE(a_rebuilt_log_goes_on_above_every_modseq_and_uid_that_was_shown) {
  for (const bool index_is_lost : {false, true}) {
    ShownBench bench;
    for (int i = 0; i < 30; ++i) bench.flag_first_message();
    const FolderRow before = bench.inbox();
    bench.stop();
    damage_middle(bench.log());
    bench.reopen(index_is_lost);
    const FolderRow after = bench.inbox();
    BOOST_TEST(after.highestmodseq > before.highestmodseq + 999'999);
    BOOST_TEST(after.uidnext > before.uidnext + 9'999);
    BOOST_TEST(after.uidvalidity == before.uidvalidity);
    const Changes changes = bench.changes_since(before.highestmodseq);
    BOOST_TEST(changes.changed.size() == 3U);  // whoever knew a later state asks for all
    BOOST_TEST(changes.forgotten);
  }
}

BOOST_AUTO_TEST_CASE(a_log_whose_beginning_is_damaged_still_tells_the_modseqs_behind_it) {
  ShownBench bench;
  for (int i = 0; i < 30; ++i) bench.flag_first_message();
  const FolderRow before = bench.inbox();
  bench.stop();
  std::fstream(bench.log(), std::ios::in | std::ios::out | std::ios::binary).seekp(100) << "garbage";
  bench.reopen(true);
  const FolderRow after = bench.inbox();
  BOOST_TEST(after.uidvalidity > before.uidvalidity);
  BOOST_TEST(after.highestmodseq > before.highestmodseq + 999'999);
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
}

BOOST_AUTO_TEST_CASE(a_rebuilt_log_gives_out_no_uid_that_only_the_index_still_knows) {
  ShownBench bench;
  for (int i = 0; i < 30; ++i) bench.flag_first_message();
  const std::string old = bench.directory.path() + "/old-log";
  fs::copy(bench.log(), old);
  damage_middle(old);
  for (int i = 0; i < 3; ++i) {  // each adds a gap, so that one more does not reach as far
    for (int j = 0; j < 30; ++j) bench.flag_first_message();
    bench.stop();
    damage_middle(bench.log());
    bench.reopen();
    bench.open_account();
  }
  const FolderRow before = bench.inbox();
  bench.stop();
  fs::copy(old, bench.log(), fs::copy_options::overwrite_existing);
  bench.reopen();
  BOOST_TEST(bench.inbox().uidvalidity == before.uidvalidity);
  BOOST_TEST(bench.inbox().uidnext >= before.uidnext);
}

BOOST_AUTO_TEST_CASE(a_lost_log_does_not_give_the_mail_to_another_entry_of_the_same_name) {
  ShownBench bench;
  bench.stop();
  fs::remove(bench.log());
  bench.reopen();
  OpenAccount request;
  request.account = {"alpha.test", "ann", "uuid-of-a-new-ann"};
  const auto opened = std::make_shared<OpenAccountOperation>(request);
  bench.run({opened});
  BOOST_REQUIRE(!opened->outcome.has_value());
  BOOST_TEST((opened->outcome.error().kind == Kind::temporary));
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
}

BOOST_AUTO_TEST_CASE(a_log_that_is_lost_twice_never_goes_back_behind_the_index) {
  ShownBench bench;
  for (int i = 0; i < 2; ++i) {
    const Modseq before = bench.inbox().highestmodseq;
    bench.stop();
    fs::remove(bench.log());
    bench.reopen();
    BOOST_TEST(bench.inbox().highestmodseq > before + 999'999);
    bench.flag_first_message();
  }
}

BOOST_AUTO_TEST_CASE(a_damaged_log_keeps_its_place_until_the_new_one_has_it) {
  for (std::uint64_t at = 1; at < 14; ++at) {
    ShownBench bench;
    for (int i = 0; i < 31; ++i) bench.flag_first_message();
    bench.stop();
    damage_middle(bench.log());
    const std::string damaged = content_of(bench.log());
    for (std::uint64_t life = 0; life < 2; ++life) {
      bench.reopen();
      bench.disk.fail(at + life, FailingDisk::Mode::from_then_on);
      bench.open_account();
      BOOST_REQUIRE_MESSAGE(fs::exists(bench.log()), "killed at call " << at << " of life " << life);
    }
    bench.reopen();
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}), "killed at call " << at);
    const Texts aside = bench.aside();
    BOOST_REQUIRE_EQUAL(aside.size(), 1U);
    BOOST_TEST((content_of(aside[0]) == damaged), "killed at call " << at);
  }
}

BOOST_AUTO_TEST_CASE(a_last_record_that_was_acknowledged_and_is_unreadable_is_damage_and_no_torn_tail) {
  for (const bool subscription : {false, true}) {  // one record has a MODSEQ of its own, the other has not
    ShownBench bench;
    for (int i = 0; i < 20; ++i) bench.flag_first_message();
    if (subscription) {
      Subscribe request;
      request.name = "Later";
      BOOST_REQUIRE(bench.perform<SubscribeOperation>(request)->outcome.has_value());
    }
    const FolderRow before = bench.inbox();
    bench.stop();
    std::fstream(bench.log(), std::ios::in | std::ios::out | std::ios::binary | std::ios::ate).seekp(-3, std::ios::end)
        << "xyz";
    const std::string damaged = content_of(bench.log());
    bench.reopen();
    const FolderRow after = bench.inbox();
    BOOST_TEST(was_logged("store.log.damaged"));
    BOOST_TEST(!was_logged("store.log.torn"));
    BOOST_TEST(after.highestmodseq > before.highestmodseq);
    BOOST_TEST(after.uidvalidity == before.uidvalidity);
    BOOST_REQUIRE_EQUAL(bench.aside().size(), 1U);
    BOOST_TEST((content_of(bench.aside()[0]) == damaged));
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
    heard.clear();
  }
}

BOOST_AUTO_TEST_CASE(a_log_cut_at_the_end_of_a_record_is_an_older_one) {
  ShownBench bench;
  const auto size = fs::file_size(bench.log());
  Subscribe request;
  request.name = "Later";
  BOOST_REQUIRE(bench.perform<SubscribeOperation>(request)->outcome.has_value());
  bench.stop();
  fs::resize_file(bench.log(), size);
  bench.reopen();
  bench.open_account();
  BOOST_TEST(was_logged("store.account.rolled_back"));
}

BOOST_AUTO_TEST_CASE(a_record_that_was_never_acknowledged_is_a_torn_tail) {
  ShownBench bench;
  const auto before = bench.uidvalidities();
  bench.stop();
  std::ofstream(bench.log(), std::ios::app | std::ios::binary) << "unfinished";
  bench.reopen();
  BOOST_TEST((bench.uidvalidities() == before));
  BOOST_TEST(was_logged("store.log.torn"));
  BOOST_TEST(!was_logged("store.log.damaged"));
  BOOST_TEST(!was_logged("rolled_back"));
}

BOOST_AUTO_TEST_CASE(what_is_no_file_in_the_place_of_the_log_is_set_aside) {
  const auto put = [](int kind, const std::string& path) {
    if (kind == 0) fs::create_directory(path);
    if (kind == 0) std::ofstream(path + "/content") << "kept";
    if (kind == 1) fs::create_symlink("/dev/null", path);
    if (kind == 2) BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    if (kind == 3) BOOST_REQUIRE(::mknod(path.c_str(), S_IFSOCK | 0600, 0) == 0);
  };
  for (int kind = 0; kind < 4; ++kind) {
    for (std::uint64_t at = 1; at < 12; ++at) {
      ShownBench bench;
      const Modseq before = bench.inbox().highestmodseq;
      bench.stop();
      fs::remove(bench.log());
      put(kind, bench.log());
      const auto type = fs::symlink_status(bench.log()).type();
      bench.reopen();
      bench.disk.fail(at, FailingDisk::Mode::from_then_on);
      bench.open_account();
      bench.reopen();
      BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}), "kind " << kind << ", killed at call " << at);
      BOOST_TEST(bench.inbox().highestmodseq > before);
      BOOST_TEST(was_logged("store.log.damaged"));
      BOOST_REQUIRE_EQUAL(bench.aside().size(), 1U);
      BOOST_TEST((fs::symlink_status(bench.aside()[0]).type() == type));
      BOOST_TEST((kind != 0 || content_of(bench.aside()[0] + "/content") == "kept"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_log_that_has_a_second_name_is_not_changed_in_place) {
  ShownBench bench;
  bench.stop();
  const std::string backup = bench.directory.path() + "/log-of-yesterday";
  fs::create_hard_link(bench.log(), backup);
  std::ofstream(bench.log(), std::ios::app) << "torn";
  const std::string yesterday = content_of(backup);
  bench.reopen();
  bench.deliver("m4", 4);
  BOOST_TEST((content_of(backup) == yesterday));
  bench.reopen(true);
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3", "m4"}));
}

BOOST_AUTO_TEST_CASE(a_rescue_on_a_disk_that_does_not_answer_takes_no_folder_for_empty) {
  bool reached = true;
  std::uint64_t at = 1;
  for (; reached; ++at) {
    ShownBench bench;
    bench.stop();
    damage_middle(bench.account_path() + "/log");
    bench.reopen(true);
    bench.disk.count_every_call();
    bench.disk.fail(at, FailingDisk::Mode::once, FailingDisk::Fault::io);
    bench.open_account();
    reached = bench.disk.calls() >= at;
    bench.disk.heal();
    BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}), "failed at call " << at);
    const auto opened = bench.open_account();
    for (Uid uid = 1; uid <= 3; ++uid) {
      const auto row = (*IndexReader::open(bench.index->path()))->message(opened->reply.key, inbox_folder, uid);
      BOOST_TEST(row.has_value(), "uid " << uid << ", failed at call " << at);
    }
  }
  BOOST_TEST(at > 20U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
