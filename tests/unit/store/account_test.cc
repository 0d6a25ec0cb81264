// SPDX-License-Identifier: Apache-2.0
// One account: what is acknowledged is there, once, whatever happens in between.
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "log/log.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

namespace fs = std::filesystem;
using test::Bench;
using test::FailingDisk;
using Texts = std::vector<std::string>;

struct Quiet {
  Quiet() {
    log::set_sink([](std::string_view) {});
  }
  ~Quiet() { log::set_sink(nullptr); }
};

UidSet one(Uid uid) {
  return {{uid, uid}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(account, Quiet)

BOOST_AUTO_TEST_CASE(a_delivery_makes_the_account_and_survives_a_restart_with_or_without_the_index) {
  Bench bench;
  BOOST_TEST(bench.deliver("one", 1)->result.delivered);
  BOOST_TEST(bench.deliver("two", 2)->result.uid == 2U);
  BOOST_TEST((bench.texts() == Texts{"one", "two"}));
  bench.reopen();
  BOOST_TEST((bench.texts() == Texts{"one", "two"}));
  bench.reopen(true);
  BOOST_TEST((bench.texts() == Texts{"one", "two"}));
}

// Account and partition before anything and after the record, whether they are still ours; cur/ opened; links of the
// file; time of cur/.
BOOST_AUTO_TEST_CASE(a_delivery_looks_seven_times_at_the_disk_and_the_question_whether_it_may_come_once) {
  Bench bench;
  bench.deliver("one", 1);
  bench.deliver("two", 2);
  bench.disk.count_anew();
  BOOST_TEST(bench.deliver("three", 3)->outcome.has_value());
  BOOST_TEST(bench.disk.looks() == 7U);
  bench.disk.count_anew();
  BOOST_TEST(bench.perform<MayAcceptOperation>(MayAccept{})->outcome.has_value());
  BOOST_TEST(bench.disk.looks() == 1U);
}

BOOST_AUTO_TEST_CASE(a_repeated_transaction_is_recognised_even_after_the_message_is_gone) {
  Bench bench;
  bench.deliver("one", 1);
  BOOST_TEST(bench.deliver("one", 1)->result.duplicate);
  bench.reopen();
  BOOST_TEST(bench.deliver("one", 1, true)->result.duplicate);
  BOOST_TEST((bench.texts() == Texts{"one"}));
  Expunge expunge;
  expunge.folder = inbox_folder;
  expunge.mode = static_cast<std::uint8_t>(ExpungeMode::exactly);
  expunge.uids = one(1);
  BOOST_TEST(bench.perform<ExpungeOperation>(expunge)->outcome.has_value());
  bench.clock.now += 3600;
  bench.reopen();
  BOOST_TEST(bench.deliver("one", 1, true)->result.duplicate);
  BOOST_TEST(bench.texts().empty());
}

BOOST_AUTO_TEST_CASE(a_delivery_killed_at_any_call_and_repeated_is_there_exactly_once) {
  std::uint64_t calls = 0;
  for (std::uint64_t at = 1; at == 1 || at <= calls; ++at) {
    Bench bench;
    bench.deliver("before", 1);
    bench.disk.count_anew();
    if (calls == 0) {
      bench.deliver("one", 2);
      calls = bench.disk.calls();
      BOOST_REQUIRE_GE(calls, 3U);
      continue;
    }
    bench.disk.fail(at, FailingDisk::Mode::from_then_on);
    bench.deliver("one", 2);
    bench.reopen();
    BOOST_TEST(bench.deliver("one", 2, true)->outcome.has_value(), "killed at call " << at);
    bench.reopen();
    bench.open_mailbox();
    BOOST_TEST((bench.texts() == Texts{"before", "one"}), "killed at call " << at);
  }
}

BOOST_AUTO_TEST_CASE(a_new_account_killed_at_any_call_is_whole_or_absent) {
  for (std::uint64_t at = 1; at < 60; ++at) {
    Bench bench;
    bench.disk.fail(at, FailingDisk::Mode::from_then_on);
    bench.deliver("one", 1);
    bench.reopen();
    BOOST_TEST(bench.deliver("one", 1, true)->outcome.has_value(), "killed at call " << at);
    bench.open_mailbox();
    BOOST_TEST((bench.texts() == Texts{"one"}), "killed at call " << at);
    const auto opened = bench.open_account();
    const auto reader = IndexReader::open(bench.index->path());
    BOOST_TEST((*reader)->folders(opened->reply.key)->size() == 5U);
  }
}

BOOST_AUTO_TEST_CASE(a_delivery_that_fails_once_at_any_call_is_refused_or_there_and_the_account_goes_on) {
  for (std::uint64_t at = 1; at < 12; ++at) {
    Bench bench;
    bench.deliver("before", 1);
    bench.disk.fail(at, FailingDisk::Mode::once);
    const auto failing = bench.make_delivery("one", 2);
    bench.run({failing});
    const bool acknowledged = failing->outcome.has_value();
    bench.disk.heal();
    BOOST_TEST(bench.deliver("after", 3)->outcome.has_value());
    bench.open_mailbox();
    const Texts expected = acknowledged ? Texts{"before", "one", "after"} : Texts{"before", "after"};
    BOOST_TEST((bench.texts() == expected), "failed at call " << at);
    bench.reopen(true);
    bench.open_mailbox();
    BOOST_TEST((bench.texts() == expected), "failed at call " << at << ", after a restart");
  }
}

BOOST_AUTO_TEST_CASE(several_messages_appended_together_are_all_there_or_none) {
  for (std::uint64_t at = 1; at < 12; ++at) {
    Bench bench;
    bench.deliver("before", 1);
    Append request;
    request.account = test::ann();
    request.folder = inbox_folder;
    request.messages.resize(3);
    for (AppendMessage& message : request.messages) message.size = 1;
    ReceivedFiles files = {bench.file_with("a"), bench.file_with("b"), bench.file_with("c")};
    const auto append = std::make_shared<AppendOperation>(request, files);
    bench.disk.fail(at, FailingDisk::Mode::from_then_on);
    bench.run({append});
    const bool acknowledged = append->outcome.has_value();
    bench.reopen();
    const Texts expected = Texts{"before", "a", "b", "c"};
    const Texts found = bench.texts();
    if (acknowledged) {
      BOOST_TEST((found == expected), "killed at call " << at);
    } else {
      BOOST_TEST((found == expected || found == Texts{"before"}), "killed at call " << at);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_move_killed_at_any_call_leaves_each_message_in_exactly_one_folder) {
  constexpr FolderId sent = 2;
  for (std::uint64_t at = 1; at < 16; ++at) {
    Bench bench;
    bench.deliver("one", 1);
    bench.deliver("two", 2);
    Move move;
    move.source = inbox_folder;
    move.target = sent;
    move.uids = {{1, 2}};
    bench.disk.fail(at, FailingDisk::Mode::from_then_on);
    bench.perform<MoveOperation>(move);
    bench.reopen();
    bench.open_mailbox(inbox_folder);
    bench.open_mailbox(sent);
    Texts both = bench.texts(inbox_folder);
    const Texts moved = bench.texts(sent);
    BOOST_TEST((both.empty() || moved.empty()), "killed at call " << at);
    both.insert(both.end(), moved.begin(), moved.end());
    BOOST_TEST((both == Texts{"one", "two"}), "killed at call " << at);
  }
}

BOOST_AUTO_TEST_CASE(mail_of_another_entry_with_the_same_uid_is_never_shown) {
  Bench bench;
  bench.deliver("private", 1);
  OpenAccount request;
  request.account = {"alpha.test", "ann", "uuid-of-a-new-ann"};
  const auto opened = std::make_shared<OpenAccountOperation>(request);
  bench.run({opened});
  BOOST_REQUIRE(!opened->outcome.has_value());
  BOOST_TEST((opened->outcome.error().kind == Kind::temporary));
}

BOOST_AUTO_TEST_CASE(a_log_with_a_hole_is_set_aside_and_all_messages_keep_their_uids) {
  Bench bench;
  for (unsigned char i = 1; i <= 6; ++i) bench.deliver("m" + std::to_string(i), i);
  bench.reopen();
  const std::string path = bench.account_path() + "/log";
  {
    std::fstream log(path, std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
    log << "garbage";
  }
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3", "m4", "m5", "m6"}));
  const auto delivered = bench.deliver("m7", 7);
  BOOST_TEST(delivered->result.uid > 6U);
  BOOST_TEST(!std::filesystem::is_empty(bench.account_path() + "/aside"));
  bench.reopen();
  BOOST_TEST(bench.texts().size() == 7U);
}

BOOST_AUTO_TEST_CASE(a_log_replaced_after_a_failed_change_counts_as_a_whole_even_if_that_fails_too) {
  for (std::uint64_t at = 1; at < 9; ++at) {
    Bench bench;
    for (unsigned char i = 1; i <= 20; ++i) bench.deliver("m" + std::to_string(i), i);
    Store store;
    store.folder = inbox_folder;
    store.uids = {{1, 20}};
    store.mode = static_cast<std::uint8_t>(FlagMode::add);
    for (int i = 0; i < 100; ++i) store.keywords.push_back("keyword" + std::to_string(i));  // longer when rewritten
    BOOST_REQUIRE(bench.perform<StoreOperation>(store)->outcome.has_value());
    const Texts before = bench.texts();
    bench.disk.fail(1, FailingDisk::Mode::once, FailingDisk::Fault::io);
    store.flags = flag::seen;
    BOOST_REQUIRE(!bench.perform<StoreOperation>(store)->outcome.has_value());
    bench.disk.fail(at, FailingDisk::Mode::once, FailingDisk::Fault::io);
    bench.open_account();
    bench.disk.heal();
    BOOST_TEST((bench.texts() == before), "failed at call " << at);
    const auto opened = bench.open_account();
    const auto row = (*IndexReader::open(bench.index->path()))->message(opened->reply.key, inbox_folder, 20);
    BOOST_TEST(row->keywords.has(99));
    BOOST_TEST(!fs::exists(bench.account_path() + "/aside"), "failed at call " << at);
  }
}

BOOST_AUTO_TEST_CASE(the_first_touch_of_an_unchanged_account_makes_three_calls_besides_opening_its_log) {
  Bench bench;
  bench.deliver("one", 1);
  bench.open_account();
  bench.reopen();
  bench.disk.count_anew();
  const auto asked = bench.perform<MayAcceptOperation>(MayAccept{});
  BOOST_TEST(asked->reply.totals.messages == 1U);
  BOOST_TEST(bench.disk.calls() == 0U);  // nothing is synced again
  BOOST_TEST(bench.disk.looks() <= 5U);  // whose partition it is, its directory, its log, size, content
}

BOOST_AUTO_TEST_CASE(the_first_change_after_a_start_makes_the_names_above_the_log_durable) {
  Bench bench;
  bench.deliver("one", 1);
  bench.open_account();
  bench.reopen();
  bench.perform<MayAcceptOperation>(MayAccept{});
  std::vector<std::uint64_t> calls;
  for (unsigned char i = 2; i <= 3; ++i) {
    bench.disk.count_anew();
    BOOST_TEST(bench.deliver("more", i)->outcome.has_value());
    calls.push_back(bench.disk.calls());
  }
  BOOST_TEST(calls[0] == calls[1] + 4);  // bucket, domain, partition, account
}

BOOST_AUTO_TEST_CASE(a_log_that_was_lost_is_rebuilt_from_the_names) {
  Bench bench;
  for (unsigned char i = 1; i <= 3; ++i) bench.deliver("m" + std::to_string(i), i);
  bench.reopen();
  std::filesystem::remove(bench.account_path() + "/log");
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3"}));
}

BOOST_AUTO_TEST_CASE(a_log_full_of_garbage_is_rewritten_and_says_the_same) {
  Bench bench;
  bench.deliver("one", 1);
  Store store;
  store.folder = inbox_folder;
  store.uids = one(1);
  for (int i = 0; i < 3000; ++i) {
    store.mode = static_cast<std::uint8_t>(i % 2 == 0 ? FlagMode::add : FlagMode::remove);
    store.flags = flag::seen;
    BOOST_REQUIRE(bench.perform<StoreOperation>(store)->outcome.has_value());
  }
  BOOST_TEST(std::filesystem::file_size(bench.account_path() + "/log") < 80'000U);
  const auto opened = bench.open_account();
  const Modseq before = (*IndexReader::open(bench.index->path()))->folder(opened->reply.key, 1)->highestmodseq;
  bench.reopen(true);
  BOOST_TEST((bench.texts() == Texts{"one"}));
  BOOST_TEST((*IndexReader::open(bench.index->path()))->folder(opened->reply.key, 1)->highestmodseq == before);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
