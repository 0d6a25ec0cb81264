// SPDX-License-Identifier: Apache-2.0
// MOVE between two accounts: at every moment, and after any crash, each message is in one of them.
#include <boost/test/unit_test.hpp>

#include "store/daemon/transfer_steps.h"
#include "store/object_id.h"
#include "unit/store/simulated_bench.h"

namespace mailtree::store {
namespace {

using test::SimulatedBench;
using test::SimulatedDisk;
using Texts = std::vector<std::string>;

AccountName bob() {
  return {"alpha.test", "Bob", "uuid-of-bob"};
}

constexpr std::uint64_t number = 0x1234;

// Ann has a, b, c in INBOX, Bob has x.
class TwoAccounts {
 public:
  TwoAccounts() {
    open_bob();
    unsigned char transaction = 0;
    for (const char* const text : {"a", "b", "c"}) bench.deliver(text, ++transaction);
    deliver_to_bob("x");
  }

  void cut(test::Dice& dice) {
    bob_account.reset();
    bench.cut(dice);
    open_bob();
  }
  void kill() {
    bob_account.reset();
    bench.kill();
    open_bob();
  }

  void run(const std::shared_ptr<Operation>& operation) {
    Account& account = operation->account == bob() ? *bob_account : *bench.account;
    const std::array<std::shared_ptr<Operation>, 1> batch = {operation};
    account.run(batch);
    if (account.needs_clean_up()) account.clean_up();
  }

  // a and b are to go to Bob's INBOX; false if that could not be recorded.
  bool depart(FolderId target = inbox_folder) {
    MoveToAccount move;
    move.account = test::ann();
    move.source = inbox_folder;
    move.uids = {{1, 2}};
    move.target_account = bob();
    move.target = target;
    const auto operation = std::make_shared<DepartOperation>(move, number);
    run(operation);
    return operation->outcome.has_value();
  }
  // At most `most` operations.
  Result<CopyResult> go_on(std::size_t most = 100, Quota quota = {}) {
    TransferSteps steps({number, test::ann(), bob()}, quota);
    for (std::size_t i = 0; i < most; ++i) {
      const auto operation = steps.next();
      if (!operation) break;
      run(operation);
    }
    return steps.result();
  }
  // What OpenAccount does, asked by either owner.
  void open(const AccountName& name) {
    OpenAccount request;
    request.account = name;
    for (bool again = true; again;) {
      const auto operation = std::make_shared<OpenAccountOperation>(request);
      run(operation);
      BOOST_REQUIRE(operation->outcome.has_value());
      again = !operation->unfinished.empty();
      for (const Transfer& transfer : operation->unfinished) {
        TransferSteps steps(transfer);
        while (const auto step = steps.next()) run(step);
        BOOST_REQUIRE(steps.result().has_value());
      }
    }
  }

  // Of INBOX in order of uid; after what other programs did there was taken in.
  Texts texts(const AccountName& name) {
    OpenMailbox look;
    look.account = name;
    look.folder = inbox_folder;
    const auto mailbox = std::make_shared<OpenMailboxOperation>(look);
    run(mailbox);
    BOOST_REQUIRE(mailbox->outcome.has_value());
    OpenAccount request;
    request.account = name;
    const auto opened = std::make_shared<OpenAccountOperation>(request);
    run(opened);
    BOOST_REQUIRE(opened->outcome.has_value());
    const auto reader = IndexReader::open(bench.index->path());
    const auto account = (*reader)->account(opened->reply.key);
    const auto folder = (*reader)->folder(opened->reply.key, inbox_folder);
    const auto rows = (*reader)->messages(opened->reply.key, inbox_folder, 1, UINT32_MAX);
    BOOST_REQUIRE((account && folder && rows));
    Texts all;
    ids.clear();
    for (const MessageRow& row : *rows) {
      const std::string path =
          account_place(name).path() + "/" + folder->directory + "/cur/" + message_file_name(*account, *folder, row);
      const auto inode = bench.disk.state().find(test::DiskState::root, path);
      all.push_back(inode == test::DiskState::none ? "(missing)" : bench.disk.state().content(inode));
      ids.push_back(email_object_id(row.unique) + thread_object_id(row.thread) + std::to_string(row.flags));
    }
    return all;
  }

  // Each message once, in one of the two.
  void check(bool must_move, const std::string& when) {
    const Texts of_ann = texts(test::ann());
    const Texts of_bob = texts(bob());
    const bool moved = of_ann == Texts{"c"} && of_bob == Texts{"x", "a", "b"};
    const bool stayed = of_ann == Texts{"a", "b", "c"} && of_bob == Texts{"x"};
    BOOST_TEST((moved || (stayed && !must_move)), when << ": ann " << of_ann.size() << ", bob " << of_bob.size());
  }

  SimulatedBench bench;
  std::unique_ptr<Account> bob_account;
  Texts ids;

 private:
  void open_bob() { bob_account = std::make_unique<Account>(*bench.partition, *bench.index, bench.clock, bob()); }
  void deliver_to_bob(const std::string& text) {
    auto request = std::make_shared<Deliver>();
    request->transaction.fill(77);
    request->size = text.size();
    DeliverRecipient recipient;
    recipient.account = bob();
    request->recipients.push_back(recipient);
    auto file = bench.disk.open_unnamed(bench.partition->directory());
    BOOST_REQUIRE(file && bench.disk.write_at(file->get(), text, 0) && bench.disk.sync_data(file->get()));
    run(std::make_shared<DeliverOperation>(request, 0, std::make_shared<UniqueFd>(std::move(*file))));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(transfers)

BOOST_AUTO_TEST_CASE(messages_move_to_another_account_with_their_flags_and_object_ids) {
  TwoAccounts accounts;
  Store store;
  store.folder = inbox_folder;
  store.uids = {{2, 2}};
  store.flags = flag::flagged;
  store.mode = static_cast<std::uint8_t>(FlagMode::add);
  BOOST_REQUIRE(accounts.bench.perform<StoreOperation>(store)->outcome.has_value());
  accounts.texts(test::ann());
  const Texts before(accounts.ids.begin(), accounts.ids.begin() + 2);
  BOOST_REQUIRE(accounts.depart());
  const auto moved = accounts.go_on();
  BOOST_REQUIRE(moved.has_value());
  BOOST_TEST((moved->source == UidSet{{1, 2}}));
  BOOST_TEST((moved->target == UidSet{{2, 3}}));
  BOOST_TEST((accounts.texts(test::ann()) == Texts{"c"}));
  BOOST_TEST((accounts.texts(bob()) == Texts{"x", "a", "b"}));
  BOOST_TEST((Texts(accounts.ids.begin() + 1, accounts.ids.end()) == before));
}

BOOST_AUTO_TEST_CASE(who_opens_either_account_after_a_crash_between_two_records_finishes_the_move) {
  for (const AccountName& first : {test::ann(), bob()}) {
    for (std::size_t steps = 0; steps <= 6; ++steps) {
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        test::Dice dice(seed);
        TwoAccounts accounts;
        BOOST_REQUIRE(accounts.depart());
        static_cast<void>(accounts.go_on(steps));
        accounts.cut(dice);
        accounts.open(first);
        accounts.open(first.uid == "Bob" ? test::ann() : bob());
        accounts.check(true, first.uid + " after " + std::to_string(steps) + " steps");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_crash_at_any_call_of_the_disk_leaves_each_message_in_one_account) {
  for (const bool scan_first : {false, true}) {
    bool whole = false;
    for (std::uint64_t at = 0; !whole && at < 1000; ++at) {
      test::Dice dice(at + 1);
      TwoAccounts accounts;
      std::uint64_t left = at;
      const auto count = [&left](SimulatedDisk::Call) {
        if (left == 0) return SimulatedDisk::Verdict::fail;
        --left;
        return SimulatedDisk::Verdict::proceed;
      };
      accounts.bench.disk.set_hook(count);
      bool moved = accounts.depart();
      if (moved) moved = accounts.go_on().has_value();
      whole = left != 0;
      accounts.bench.heal();
      accounts.cut(dice);
      // What Bob's folder holds without a record must not become mail, even if it is looked through first.
      if (scan_first) static_cast<void>(accounts.texts(bob()));
      accounts.open(bob());
      accounts.open(test::ann());
      accounts.check(moved, "call " + std::to_string(at));
    }
    BOOST_TEST(whole);
  }
}

BOOST_AUTO_TEST_CASE(a_target_that_is_not_there_or_full_leaves_the_messages_where_they_are) {
  TwoAccounts accounts;
  BOOST_REQUIRE(accounts.depart(4711));
  const auto missing = accounts.go_on();
  BOOST_REQUIRE(!missing.has_value());
  BOOST_TEST((missing.error().condition == Condition::no_such_mailbox));
  accounts.check(false, "no folder");
  BOOST_REQUIRE(accounts.depart());
  Quota quota;
  quota.messages = 2;
  const auto full = accounts.go_on(100, quota);
  BOOST_REQUIRE(!full.has_value());
  BOOST_TEST((full.error().condition == Condition::over_quota));
  accounts.check(false, "no room");
  BOOST_REQUIRE(accounts.depart());
  BOOST_REQUIRE(accounts.go_on().has_value());
  accounts.check(true, "at last");
}

BOOST_AUTO_TEST_CASE(a_transfer_is_remembered_by_a_rewritten_log) {
  for (std::size_t steps = 0; steps <= 4; ++steps) {
    TwoAccounts accounts;
    BOOST_REQUIRE(accounts.depart());
    static_cast<void>(accounts.go_on(steps));
    accounts.bob_account.reset();
    accounts.bench.account = std::make_unique<Account>(*accounts.bench.partition, *accounts.bench.index,
                                                       accounts.bench.clock, test::ann(), LogLimits{0, 0});
    accounts.bob_account = std::make_unique<Account>(*accounts.bench.partition, *accounts.bench.index,
                                                     accounts.bench.clock, bob(), LogLimits{0, 0});
    for (const AccountName& name : {test::ann(), bob()}) {  // and the logs are rewritten
      OpenMailbox look;
      look.account = name;
      look.folder = inbox_folder;
      look.read_write = true;
      accounts.run(std::make_shared<OpenMailboxOperation>(look));
    }
    accounts.kill();
    accounts.open(test::ann());
    accounts.check(true, "after " + std::to_string(steps) + " steps");
  }
}

BOOST_AUTO_TEST_CASE(a_message_that_was_expunged_on_its_way_does_not_come_again) {
  TwoAccounts accounts;
  BOOST_REQUIRE(accounts.depart());
  BOOST_REQUIRE(accounts.bench.expunge(inbox_folder, {1, 1})->outcome.has_value());
  BOOST_REQUIRE(accounts.go_on().has_value());
  BOOST_TEST((accounts.texts(test::ann()) == Texts{"c"}));
  BOOST_TEST((accounts.texts(bob()) == Texts{"x", "b"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
