// SPDX-License-Identifier: Apache-2.0
// What a power cut, a kill or a failed sync must not do to an account: each test is a history that once went wrong.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>

#include "unit/store/simulated_bench.h"

namespace mailtree::store {

using test::Dice;
using test::DiskState;
using test::SimulatedBench;
using Call = test::SimulatedDisk::Call;
using Verdict = test::SimulatedDisk::Verdict;
using Texts = std::vector<std::string>;

namespace {

constexpr FolderId sent = 2;
constexpr std::uint64_t seeds = 40;  // each cut leaves something else

std::shared_ptr<AppendOperation> make_append(SimulatedBench& bench, const Texts& texts) {
  Append request;
  request.account = test::ann();
  request.folder = inbox_folder;
  ReceivedFiles files;
  for (const std::string& text : texts) {
    request.messages.push_back({text.size(), 0, 0, 0, {}});
    auto file = bench.disk.open_unnamed(bench.partition->directory());
    BOOST_REQUIRE(file && bench.disk.write_at(file->get(), text, 0) && bench.disk.sync_data(file->get()));
    files.push_back(std::make_shared<UniqueFd>(std::move(*file)));
  }
  return std::make_shared<AppendOperation>(std::move(request), std::move(files));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(durability)

BOOST_AUTO_TEST_CASE(a_folder_another_program_made_opens_after_a_power_cut_once_it_was_listed) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SimulatedBench bench;
    BOOST_TEST_REQUIRE(bench.texts(inbox_folder).empty());
    DiskState& state = bench.disk.state();
    const auto made = state.make_directory();
    state.change_names({{bench.inode_of("Maildir"), ".Work", DiskState::none, made}});
    state.change_names({{made, "cur", DiskState::none, state.make_directory()}});
    bench.kill();
    const auto listed = bench.perform<OpenAccountOperation>(OpenAccount{});
    BOOST_REQUIRE(listed->outcome.has_value());
    Dice dice(seed);
    bench.cut(dice);
    BOOST_TEST(bench.texts(6).empty(), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(a_folder_without_messages_needs_no_directory) {
  SimulatedBench bench;
  BOOST_TEST_REQUIRE(bench.texts(sent).empty());
  BOOST_TEST(bench.inode_of("Maildir/.Sent") == DiskState::none);
  bench.deliver("one", 1);
  BOOST_TEST(bench.to<MoveOperation>(inbox_folder, {1, 1}, sent)->outcome.has_value());
  BOOST_TEST((bench.texts(sent) == Texts{"one"}));
  BOOST_TEST((bench.names("Maildir/.Sent") == Texts{"cur", "new", "tmp"}));
}

BOOST_AUTO_TEST_CASE(a_directory_that_a_killed_process_had_made_is_durable_with_its_first_message) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SimulatedBench bench;
    bench.deliver("one", 1);
    bench.disk.set_hook([](Call call) { return call == Call::link ? Verdict::dead : Verdict::proceed; });
    BOOST_TEST(!bench.to<MoveOperation>(inbox_folder, {1, 1}, sent)->outcome.has_value());
    bench.heal();
    bench.kill();
    BOOST_TEST_REQUIRE(bench.inode_of("Maildir/.Sent/cur") != DiskState::none);
    BOOST_TEST(bench.to<MoveOperation>(inbox_folder, {1, 1}, sent)->outcome.has_value());
    Dice dice(seed);
    bench.cut(dice);
    BOOST_TEST((bench.texts(sent) == Texts{"one"}), "seed " << seed);
  }
}

// What a cut in the first moments of an account can leave: a log without the directory of INBOX.
BOOST_AUTO_TEST_CASE(an_inbox_that_was_made_anew_is_durable_with_its_first_message) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SimulatedBench bench;
    BOOST_TEST_REQUIRE(bench.texts(inbox_folder).empty());
    DiskState& state = bench.disk.state();
    const auto account = bench.inode_of("");
    state.change_names({{account, "Maildir", bench.inode_of("Maildir"), DiskState::none}});
    state.sync_names(account);
    bench.kill();
    BOOST_TEST(bench.texts(inbox_folder).empty());
    BOOST_REQUIRE(bench.deliver("one", 1)->outcome.has_value());
    Dice dice(seed);
    bench.cut(dice);
    BOOST_TEST((bench.texts(inbox_folder) == Texts{"one"}), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(a_failed_sync_of_the_log_and_a_kill_leave_every_message_with_its_file) {
  SimulatedBench bench;
  bench.deliver("one", 1);
  bench.fail_next(Call::sync_data);
  BOOST_TEST(!bench.to<MoveOperation>(inbox_folder, {1, 1}, sent)->outcome.has_value());
  bench.kill();
  Texts all = bench.texts(inbox_folder);
  const Texts moved = bench.texts(sent);
  all.insert(all.end(), moved.begin(), moved.end());
  BOOST_TEST((all == Texts{"one"}));
}

BOOST_AUTO_TEST_CASE(a_failed_sync_of_the_log_and_a_kill_do_not_spoil_what_is_recorded_afterwards) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SimulatedBench bench;
    bench.deliver("one", 1);
    bench.fail_next(Call::sync_data, 1);  // the first is that of the file
    BOOST_TEST(!bench.deliver("two", 2)->outcome.has_value());
    bench.kill();
    BOOST_REQUIRE(bench.deliver("three", 3)->outcome.has_value());
    Dice dice(seed);
    bench.cut(dice);
    const Texts found = bench.texts(inbox_folder);
    BOOST_TEST((found.front() == "one" && found.back() == "three"), "seed " << seed);
    BOOST_TEST(bench.inode_of("aside") == DiskState::none, "seed " << seed << ": the log was damaged");
  }
}

BOOST_AUTO_TEST_CASE(what_is_set_aside_is_there_after_a_power_cut) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SimulatedBench bench;
    bench.deliver("one", 1);
    bench.to<CopyOperation>(inbox_folder, {1, 1}, sent);
    bench.kill();
    const std::string copy = bench.names("Maildir/.Sent/cur").front();
    std::string leftover = copy;
    leftover.replace(leftover.find("U=2.1,"), 6, "U=2.9,");  // as of a COPY that was not recorded
    bench.put_name("Maildir/.Sent/cur", leftover, bench.inode_of("Maildir/.Sent/cur/" + copy));
    BOOST_TEST((bench.texts(sent) == Texts{"one"}));
    BOOST_TEST((bench.names("aside") == Texts{leftover}));
    Dice dice(seed);
    bench.cut(dice);
    BOOST_TEST(bench.content("aside/" + leftover) == "one", "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(two_files_of_one_name_are_both_kept_aside) {
  SimulatedBench bench;
  bench.deliver("one", 1);
  std::string leftover = bench.names("Maildir/cur").front();
  leftover.replace(leftover.find("U=1.1,"), 6, "U=1.9,");
  for (const char* text : {"first", "second"}) {
    bench.kill();
    DiskState& state = bench.disk.state();
    const auto file = state.make_file();
    state.write(file, 0, text);
    bench.put_name("Maildir/cur", leftover, file);
    BOOST_TEST((bench.texts(inbox_folder) == Texts{"one"}));
  }
  Texts kept;
  for (const std::string& name : bench.names("aside")) kept.push_back(bench.content("aside/" + name));
  std::sort(kept.begin(), kept.end());
  BOOST_TEST((kept == Texts{"first", "second"}));
}

BOOST_AUTO_TEST_CASE(a_leftover_of_a_copy_is_no_message_after_the_message_was_expunged) {
  SimulatedBench bench;
  bench.deliver("one", 1);
  const std::string name = bench.names("Maildir/cur").front();
  std::string leftover = name;
  leftover.replace(leftover.find("U=1.1,"), 6, "U=2.1,");
  bench.make_folder("Maildir/.Sent");
  bench.put_name("Maildir/.Sent/cur", leftover, bench.inode_of("Maildir/cur/" + name));
  BOOST_REQUIRE(bench.expunge(inbox_folder, {1, 1})->outcome.has_value());
  bench.kill();
  BOOST_TEST(bench.texts(sent).empty());
  BOOST_TEST(bench.content("aside/" + leftover) == "one");
}

BOOST_AUTO_TEST_CASE(leftovers_in_a_directory_that_became_a_folder_are_no_messages) {
  SimulatedBench bench;
  bench.deliver("one", 1);
  const std::string name = bench.names("Maildir/cur").front();
  std::string leftover = name;
  leftover.replace(leftover.find("U=1.1,"), 6, "U=7.1,");  // the folder that was to be made for it
  bench.make_folder("Maildir/.Archive");
  bench.put_name("Maildir/.Archive/cur", leftover, bench.inode_of("Maildir/cur/" + name));
  bench.kill();
  BOOST_TEST(bench.texts(6).empty());
  BOOST_TEST((bench.texts(inbox_folder) == Texts{"one"}));
}

BOOST_AUTO_TEST_CASE(a_message_that_another_program_moved_is_taken_in) {
  SimulatedBench bench;
  bench.deliver("one", 1);
  bench.kill();
  bench.make_folder("Maildir/.Sent");
  const std::string name = bench.names("Maildir/cur").front();
  const auto file = bench.inode_of("Maildir/cur/" + name);
  bench.disk.state().change_names({{bench.inode_of("Maildir/cur"), name, file, DiskState::none},
                                   {bench.inode_of("Maildir/.Sent/cur"), name, DiskState::none, file}});
  BOOST_TEST(bench.texts(inbox_folder).empty());
  BOOST_TEST((bench.texts(sent) == Texts{"one"}));
}

BOOST_AUTO_TEST_CASE(mail_that_could_not_be_read_once_is_taken_in_at_the_next_look) {
  SimulatedBench bench;
  BOOST_TEST_REQUIRE(bench.texts(inbox_folder).empty());
  DiskState& state = bench.disk.state();
  const auto file = state.make_file();
  state.write(file, 0, "foreign");
  bench.put_name("Maildir/new", "1780000000.1.elsewhere", file);
  bench.kill();
  BOOST_REQUIRE(bench.perform<OpenAccountOperation>(OpenAccount{})->outcome.has_value());
  bench.fail_next(Call::open, 2);  // after cur/ and new/
  BOOST_REQUIRE(bench.open_mailbox(inbox_folder)->outcome.has_value());
  bench.heal();
  BOOST_TEST((bench.texts(inbox_folder) == Texts{"foreign"}));
}

BOOST_AUTO_TEST_CASE(an_expunged_message_does_not_come_back_when_its_file_does_after_years) {
  SimulatedBench bench({512, 1});
  bench.deliver("one", 1);
  const std::string name = bench.names("Maildir/cur").front();
  const auto file = bench.inode_of("Maildir/cur/" + name);
  BOOST_REQUIRE(bench.expunge(inbox_folder, {1, 1})->outcome.has_value());
  bench.put_name("Maildir/cur", name, file);  // the removal did not survive
  bench.kill();
  bench.clock.now += 3 * 365 * 24 * 3600;
  for (unsigned char i = 2; i < 100; ++i) {
    BOOST_REQUIRE(bench.deliver("more", i)->outcome.has_value());
    BOOST_REQUIRE(bench.expunge(inbox_folder, {1, UINT32_MAX - 1})->outcome.has_value());
  }
  bench.kill();
  BOOST_TEST(bench.texts(inbox_folder).empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_that_rests_on_a_failed_request_is_temporary) {
  SimulatedBench bench;
  bench.deliver("one", 1);
  CreateFolder request;
  request.account = test::ann();
  request.name = "A";
  const auto first = std::make_shared<CreateFolderOperation>(request);
  const auto second = std::make_shared<CreateFolderOperation>(request);
  bench.fail_next(Call::sync_data);
  bench.run({first, second});
  BOOST_REQUIRE(!first->outcome.has_value());
  BOOST_REQUIRE(!second->outcome.has_value());
  BOOST_TEST((second->outcome.error().kind == Kind::temporary));
}

BOOST_AUTO_TEST_CASE(a_rename_of_an_empty_inbox_tells_no_modseq_that_does_not_exist) {
  SimulatedBench bench;
  const auto opened = bench.perform<OpenAccountOperation>(OpenAccount{});
  RenameFolder request;
  request.folder = inbox_folder;
  request.name = "Old";
  const auto renamed = bench.perform<RenameFolderOperation>(request);
  BOOST_REQUIRE(renamed->outcome.has_value());
  const auto row = (*IndexReader::open(bench.index->path()))->account(opened->reply.key);
  BOOST_TEST(renamed->reply.modseq <= row->highestmodseq);
}

// RFC 3502: all messages of an APPEND or none.
BOOST_AUTO_TEST_CASE(of_an_append_that_nobody_answered_all_messages_come_or_none) {
  const Texts all = {"a", "b", "c"};
  std::size_t whole = 0;
  std::size_t parts = 0;
  bool answered = false;
  for (std::uint64_t last = 1; !answered; ++last) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      SimulatedBench bench;
      bench.deliver("before", 1);
      const auto append = make_append(bench, all);
      std::uint64_t left = last;
      bench.disk.set_hook([&left](Call) { return --left == 0 ? Verdict::dead : Verdict::proceed; });
      bench.run({append});
      answered = append->outcome.has_value();
      Dice dice(seed);
      bench.cut(dice);
      Texts found = bench.texts(inbox_folder);
      std::sort(found.begin(), found.end());
      BOOST_TEST((found == Texts{"before"} || found == Texts{"a", "b", "before", "c"}), "call " << last << " " << seed);
      if (answered) BOOST_TEST(found.size() == 4U);
      if (found.size() == 4) ++whole;
      if (bench.inode_of("aside") != DiskState::none) ++parts;
    }
  }
  BOOST_TEST(whole > 0U);
  BOOST_TEST(parts > 0U);
}

BOOST_AUTO_TEST_CASE(of_an_append_that_nobody_answered_none_comes_while_one_cannot_be_read) {
  for (int passed = 0; passed < 12; ++passed) {
    SimulatedBench bench;
    bench.deliver("before", 1);
    const auto append = make_append(bench, {"a", "b", "c"});
    bench.disk.set_hook([](Call call) { return call == Call::write ? Verdict::dead : Verdict::proceed; });
    bench.run({append});  // the files have their names; the record is not written
    bench.kill();
    bench.fail_next(Call::open, passed);
    Texts found = bench.texts(inbox_folder);
    BOOST_TEST((found.size() == 1U || found.size() == 4U), "open " << passed);
    bench.heal();
    found = bench.texts(inbox_folder);
    std::sort(found.begin(), found.end());
    BOOST_TEST((found == Texts{"a", "b", "before", "c"}), "open " << passed);
  }
}

BOOST_AUTO_TEST_CASE(a_message_of_an_append_of_several_comes_back_from_a_backup_alone) {
  SimulatedBench bench({512, 1});
  const auto append = make_append(bench, {"a", "b", "c"});
  bench.deliver("before", 1);
  bench.run({append});
  BOOST_REQUIRE(append->outcome.has_value());
  const Texts names = bench.names("Maildir/cur");
  const auto is_second = [](const std::string& name) { return name.find(",U=1.3,") != std::string::npos; };
  const std::string name = *std::find_if(names.begin(), names.end(), is_second);
  BOOST_REQUIRE(bench.expunge(inbox_folder, {3, 3})->outcome.has_value());
  for (FolderId folder = inbox_folder; folder <= 5; ++folder) bench.texts(folder);
  bench.clock.now += 40 * 24 * 3600;  // the log forgets who is gone
  for (int i = 0; i < 200; ++i) {
    Store store;
    store.folder = inbox_folder;
    store.uids = {{1, 1}};
    store.mode = static_cast<std::uint8_t>(i % 2 == 0 ? FlagMode::add : FlagMode::remove);
    store.flags = flag::seen;
    BOOST_REQUIRE(bench.perform<StoreOperation>(store)->outcome.has_value());
  }
  DiskState& state = bench.disk.state();
  const auto file = state.make_file();
  state.write(file, 0, "b");
  bench.put_name("Maildir/cur", name, file);
  bench.kill();
  BOOST_TEST((bench.texts(inbox_folder) == Texts{"before", "a", "c", "b"}));
}

// Not as journaling file systems do: there a failed sync of a directory leaves its names as they were, or is the last.
BOOST_AUTO_TEST_CASE(a_name_whose_sync_failed_once_is_not_believed_when_a_later_sync_succeeds) {
  for (int passed = 0; passed < 30; ++passed) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      SimulatedBench bench({512, 1});  // the log is rewritten every few records
      bench.disk.set_directories_forget(true);
      bench.fail_next(Call::sync_directory, passed);
      std::set<std::string> promised;
      for (unsigned char i = 1; i <= 25; ++i) {
        const std::string text = "m" + std::to_string(i);
        if (bench.deliver(text, i)->outcome) promised.insert(text);
      }
      BOOST_TEST(promised.size() >= 24U);
      Dice dice(seed);
      bench.cut(dice);
      for (const std::string& text : bench.texts(inbox_folder)) promised.erase(text);
      BOOST_TEST(promised.empty(), "sync " << passed << " seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_set_aside_after_a_failed_sync_is_there_after_a_power_cut) {
  for (int passed = 0; passed < 3; ++passed) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
      SimulatedBench bench;
      bench.disk.set_directories_forget(true);
      bench.deliver("one", 1);
      BOOST_REQUIRE((bench.texts(inbox_folder) == Texts{"one"}));
      std::string leftover = bench.names("Maildir/cur").front();
      leftover.replace(leftover.find("U=1.1,"), 6, "U=2.9,");  // of a COPY that was not recorded
      const auto file = bench.inode_of("Maildir/cur/" + bench.names("Maildir/cur").front());
      bench.make_folder("Maildir/.Sent");
      bench.put_name("Maildir/.Sent/cur", leftover, file);
      bench.fail_next(Call::sync_directory, passed);
      BOOST_TEST(!bench.open_mailbox(sent)->outcome.has_value());
      bench.heal();
      BOOST_TEST(bench.open_mailbox(sent)->outcome.has_value());
      Dice dice(seed);
      bench.cut(dice);
      BOOST_TEST(bench.texts(sent).empty());
      const bool kept = bench.inode_of("aside") != DiskState::none && !bench.names("aside").empty();
      BOOST_TEST(kept, "sync " << passed << " seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_copy_aside_that_was_interrupted_leaves_nothing) {
  for (int passed = 0; passed < 4; ++passed) {
    SimulatedBench bench;
    bench.deliver("one", 1);
    BOOST_REQUIRE((bench.texts(inbox_folder) == Texts{"one"}));
    std::string leftover = bench.names("Maildir/cur").front();
    leftover.replace(leftover.find("U=1.1,"), 6, "U=2.9,");
    const auto file = bench.inode_of("Maildir/cur/" + bench.names("Maildir/cur").front());
    bench.make_folder("Maildir/.Sent");
    bench.put_name("Maildir/.Sent/cur", leftover, file);
    int links = 0;
    int calls = 0;
    bench.disk.set_hook([&](Call call) {
      if (call == Call::link && ++links == 1) return Verdict::impossible;
      return links == 1 && ++calls > passed ? Verdict::dead : Verdict::proceed;
    });
    BOOST_TEST(!bench.open_mailbox(sent)->outcome.has_value());
    bench.kill();
    BOOST_TEST(bench.names("aside").empty(), "after call " << passed);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
