// SPDX-License-Identifier: Apache-2.0
// Rows of large accounts come and go in parts; who reads meanwhile sees all of them or none.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <thread>

#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

using test::large_account;

constexpr Uid many = 20'000;

// Both folders hold the same messages.
AccountState with_large_folder(AccountState state) {
  entry::FolderSet work;
  work.id = 2;
  work.name = "Work";
  work.directory = "Maildir/.Work";
  work.uidvalidity = 8;
  BOOST_REQUIRE(apply(state, work, 1).has_value());
  Folder& folder = *state.find(2);
  folder.messages = state.find(inbox_folder)->messages;
  folder.tombstones.assign(many, {.uid = many + 1, .modseq = 1});
  for (Uid i = 0; i < many; ++i) folder.tombstones[i].uid += i;
  return state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(index)

BOOST_AUTO_TEST_CASE(a_large_account_is_removed_in_many_transactions_and_nothing_of_it_stays) {
  test::Bench bench;
  const AccountState state = large_account(many);
  const IndexedAccount account{account_key(test::ann()), "path"};
  BOOST_REQUIRE(bench.index->publish_all(account, state, {}).has_value());
  const std::uint64_t before = bench.index->transactions();
  BOOST_REQUIRE(bench.index->remove(account.key).has_value());
  BOOST_TEST(bench.index->transactions() - before >= 8U);  // 20,000 messages and as many modseqs, 5,000 at a time
  const auto reader = IndexReader::open(bench.index->path());
  BOOST_TEST(!(*reader)->account(account.key).has_value());
  AccountState empty = state;
  empty.find(inbox_folder)->messages.clear();
  BOOST_REQUIRE(bench.index->publish(account, empty, {entry::FolderFloor{inbox_folder, 1}}, {}).has_value());
  BOOST_TEST((*reader)->messages(account.key, inbox_folder, 1, UINT32_MAX)->empty());
  BOOST_TEST((*reader)->changes(account.key, inbox_folder, 0)->changed.empty());
}

BOOST_AUTO_TEST_CASE(a_large_folder_is_deleted_in_many_transactions_and_no_reader_sees_a_part_of_it) {
  test::Bench bench;
  const AccountState before = with_large_folder(large_account(many));
  AccountState after = before;
  BOOST_REQUIRE(apply(after, entry::FolderRemoved{2, many + 1}, 1).has_value());
  const IndexedAccount account{account_key(test::ann()), "path"};
  const auto reader = IndexReader::open(bench.index->path());
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> deleted{0};
  BOOST_REQUIRE(bench.index->publish_all(account, before, {}).has_value());
  std::jthread reading([&] {
    const auto is_whole_or_deleted = [&](const auto& result, bool whole) {
      if (result ? !whole : result.error().condition != Condition::no_such_mailbox) ++wrong;
      if (!result) ++deleted;
    };
    while (!stop || deleted == 0) {
      for (const Uid uid : {Uid{1}, many / 2, many}) {
        is_whole_or_deleted((*reader)->message(account.key, 2, uid), true);
      }
      Uid rows = 0;
      const auto count = [&rows](const MessageRow&) { return ++rows > 0; };
      const auto folder = (*reader)->for_each(account.key, 2, 1, UINT32_MAX, count);
      is_whole_or_deleted(folder, rows == many);
      const auto changes = (*reader)->changes(account.key, 2, 0, many);
      is_whole_or_deleted(changes, changes && changes->changed.size() == many);
      if (!(*reader)->message(account.key, inbox_folder, many)) ++wrong;
    }
  });
  const std::uint64_t transactions = bench.index->transactions();
  BOOST_REQUIRE(bench.index->publish(account, after, {entry::FolderRemoved{2, many + 1}}, {}).has_value());
  BOOST_TEST(bench.index->transactions() - transactions >= 10U);  // messages, modseqs, tombstones, 5,000 at a time
  stop = true;
  reading.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(bench.index->differences(account.key, after, 10).empty());
  // Nothing stays behind for a folder that would get the number.
  AccountState again = before;
  again.find(2)->messages.clear();
  again.find(2)->tombstones.clear();
  BOOST_REQUIRE(bench.index->publish(account, again, {entry::FolderFloor{2, 1}}, {}).has_value());
  BOOST_TEST((*reader)->messages(account.key, 2, 1, UINT32_MAX)->empty());
  BOOST_TEST((*reader)->changes(account.key, 2, 0)->changed.empty());
}

BOOST_AUTO_TEST_CASE(a_reader_sees_all_of_an_account_or_that_it_has_to_ask_for_it) {
  test::Bench bench;
  const AccountState state = large_account(many);
  const IndexedAccount account{account_key(test::ann()), "path"};
  const auto reader = IndexReader::open(bench.index->path());
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> seen{0};
  std::jthread reading([&] {
    const auto is_all_or_unpublished = [&](const auto& result, bool all) {
      if (result ? !all : result.error().condition != Condition::unavailable) ++wrong;
      if (result) ++seen;
    };
    while (!stop) {
      for (const Uid uid : {Uid{1}, many / 2, many}) {
        is_all_or_unpublished((*reader)->message(account.key, inbox_folder, uid), true);
      }
      Uid rows = 0;
      const auto count = [&rows](const MessageRow&) { return ++rows > 0; };
      const auto folder = (*reader)->for_each(account.key, inbox_folder, 1, UINT32_MAX, count);
      is_all_or_unpublished(folder, rows == many);
    }
  });
  for (int i = 0; i < 10; ++i) {
    BOOST_REQUIRE(bench.index->publish_all(account, state, {}).has_value());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    BOOST_REQUIRE(bench.index->remove(account.key).has_value());
  }
  stop = true;
  reading.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(seen > 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
