// SPDX-License-Identifier: Apache-2.0
// Flags in file names: other programs see there what sessions changed, and the other way round.
#include "unit/store/names_bench.h"

namespace mailtree::store {

using test::show_flags;

namespace {

constexpr FolderId sent = 2;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(names, Listening)

BOOST_AUTO_TEST_CASE(flags_are_in_the_names_after_one_rename_a_file_and_one_sync_a_folder) {
  ShownBench bench;
  change_flags(bench, 1, add, flag::seen, 3);
  change_flags(bench, 2, add, flag::flagged);
  BOOST_TEST((letters(bench) == Texts{"", "", ""}));
  bench.disk.count_anew();
  BOOST_REQUIRE(show_flags(*bench.account));
  BOOST_TEST((letters(bench) == Texts{"S", "FS", "S"}));
  BOOST_TEST(bench.disk.calls() == 3U + 1 + 2);  // renames, directory, record written and synced
  BOOST_TEST(bench.disk.looks() <= 7U);  // most of them whether account and partition are still ours
  BOOST_TEST((bench.texts() == all_texts));
  bench.disk.count_anew();
  BOOST_REQUIRE(show_flags(*bench.account));
  BOOST_TEST(bench.disk.calls() == 0U);
  BOOST_TEST((flags(bench) == Flags{1, 5, 1}));
}

BOOST_AUTO_TEST_CASE(ten_times_the_messages_of_a_step_are_named_step_by_step_and_readable_after_each) {
  ShownBench bench;
  constexpr Uid many = 200;
  for (unsigned i = 4; i <= many; ++i) {
    bench.deliver("m" + std::to_string(i), static_cast<unsigned char>(i));
  }
  const auto texts = bench.texts();
  BOOST_REQUIRE(texts.size() == many);
  change_flags(bench, 1, add, flag::seen, many);
  const auto before = fs::file_size(bench.log());
  NamePass pass;
  pass.account = test::ann();
  std::size_t steps = 0;
  for (; !pass.finished; ++steps) {
    bench.account->show_flags(pass, 20);
    BOOST_TEST((bench.texts() == texts), "after step " << steps);
    const Texts now = letters(bench);
    const std::size_t expected = std::min<std::size_t>(many, 20 * (steps + 1));
    BOOST_TEST(std::count(now.begin(), now.end(), "S") == static_cast<std::ptrdiff_t>(expected));
  }
  BOOST_TEST(pass.named == many);
  BOOST_TEST(steps == 11U);  // the last finds nothing
  BOOST_TEST(fs::file_size(bench.log()) - before < 10 * 64U);
}

BOOST_AUTO_TEST_CASE(what_is_named_stays_so_after_a_restart_with_or_without_an_index_and_in_a_rewritten_log) {
  for (const bool rewritten : {false, true}) {
    ShownBench bench;
    bench.account = std::make_unique<Account>(*bench.partition, *bench.index, bench.clock, test::ann(),
                                              rewritten ? LogLimits{512, 1} : LogLimits{});
    change_flags(bench, 1, add, flag::seen, 2);
    BOOST_REQUIRE(show_flags(*bench.account));
    if (rewritten) {
      for (int i = 0; i < 40; ++i) change_flags(bench, 3, i % 2 == 0 ? add : take_away, flag::answered);
    }
    for (const bool drop_index : {false, true}) {
      bench.reopen(drop_index);
      BOOST_TEST((bench.texts() == all_texts));
      BOOST_TEST((flags(bench) == Flags{1, 1, 0}));
      BOOST_TEST((letters(bench) == Texts{"S", "S", ""}));
    }
    BOOST_TEST(!was_logged("store.log.damaged"));
  }
}

BOOST_AUTO_TEST_CASE(names_are_due_after_a_change_or_for_a_session_but_not_for_a_delivery) {
  ShownBench bench;
  BOOST_TEST(bench.account->take_names_behind() == nullptr);
  change_flags(bench, 1, add, flag::seen, 2);
  const AccountName* const changed = bench.account->take_names_behind();
  BOOST_REQUIRE(changed != nullptr);
  BOOST_TEST((*changed == test::ann()));
  BOOST_TEST(bench.account->take_names_behind() == nullptr);
  bench.reopen();
  bench.deliver("m4", 4);
  BOOST_TEST(bench.account->take_names_behind() == nullptr);
  bench.open_account();
  BOOST_TEST(bench.account->take_names_behind() != nullptr);
  BOOST_REQUIRE(show_flags(*bench.account));
  bench.open_account();
  BOOST_TEST(bench.account->take_names_behind() == nullptr);
}

BOOST_AUTO_TEST_CASE(an_account_that_left_the_memory_is_loaded_for_its_names_and_one_that_is_not_there_is_not_made) {
  ShownBench bench;
  change_flags(bench, 1, add, flag::seen, 2);
  bench.reopen();
  BOOST_REQUIRE(!bench.account->is_loaded());
  BOOST_REQUIRE(show_flags(*bench.account));
  BOOST_TEST((letters(bench) == Texts{"S", "S", ""}));
  BOOST_TEST((bench.texts() == all_texts));
  test::Bench empty;
  BOOST_TEST(show_flags(*empty.account));
  BOOST_TEST(!fs::exists(empty.account_path()));
}

BOOST_AUTO_TEST_CASE(copies_moves_and_removals_find_files_whose_names_have_changed) {
  ShownBench bench;
  change_flags(bench, 1, add, flag::seen, 3);
  BOOST_REQUIRE(show_flags(*bench.account));
  Copy copy;
  copy.source = inbox_folder;
  copy.target = sent;
  copy.uids = {{1, 1}};
  BOOST_TEST(bench.perform<CopyOperation>(copy)->outcome.has_value());
  Move move;
  move.source = inbox_folder;
  move.target = sent;
  move.uids = {{2, 2}};
  BOOST_TEST(bench.perform<MoveOperation>(move)->outcome.has_value());
  Expunge expunge;
  expunge.folder = inbox_folder;
  expunge.mode = static_cast<std::uint8_t>(ExpungeMode::exactly);
  expunge.uids = {{3, 3}};
  BOOST_TEST(bench.perform<ExpungeOperation>(expunge)->outcome.has_value());
  BOOST_TEST((letters(bench) == Texts{"S"}));
  BOOST_TEST((bench.texts() == Texts{"m1"}));
  BOOST_TEST((bench.texts(sent) == Texts{"m1", "m2"}));
}

// --- Other programs ------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(flags_that_another_program_changed_count_and_are_one_record) {
  ShownBench bench;
  for (unsigned char i = 4; i <= 100; ++i) bench.deliver("m" + std::to_string(i), i);
  bench.open_mailbox();
  const auto before = fs::file_size(bench.log());
  for (unsigned i = 1; i <= 100; ++i) rename_as(bench, "m" + std::to_string(i), i % 2 == 0 ? "S" : "FS");
  const Flags seen = flags(bench);
  BOOST_TEST(std::count(seen.begin(), seen.end(), 1U) == 50);
  BOOST_TEST(std::count(seen.begin(), seen.end(), 5U) == 50);
  BOOST_TEST(fs::file_size(bench.log()) - before < 600U);
  BOOST_TEST(bench.texts().size() == 100U);
}

// mutt does so with a message that is flagged and not read.
BOOST_AUTO_TEST_CASE(a_message_that_another_program_puts_back_into_new_keeps_its_uid_and_has_its_flags) {
  ShownBench bench;
  bench.open_mailbox();
  const std::string path = bench.file_of("m2");
  const std::string fresh = bench.account_path() + "/Maildir/new/" + fs::path(path).filename().string();
  fs::rename(path, fresh + "F");
  OpenFile request;
  request.folder = inbox_folder;
  request.uid = 2;
  bench.clock.now += 60;
  const auto opened = bench.perform<OpenFileOperation>(request);
  BOOST_TEST((opened->outcome && opened->file));
  BOOST_TEST((flags(bench) == Flags{0, 4, 0}));
  BOOST_TEST((bench.texts() == all_texts));
  BOOST_TEST((letters(bench) == Texts{"", "F", ""}));
  // Without a change of flags; and a second file of the same name is mail of its own.
  fs::rename(bench.file_of("m2"), fresh + "F");
  fs::copy_file(bench.file_of("m3"),
                bench.account_path() + "/Maildir/new/" + fs::path(bench.file_of("m3")).filename().string());
  BOOST_TEST((flags(bench) == Flags{0, 4, 0, 0}));
  BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3", "m3"}));
  BOOST_TEST(fs::is_empty(bench.account_path() + "/Maildir/new"));
  BOOST_TEST(bench.aside().empty());
}

BOOST_AUTO_TEST_CASE(a_name_that_was_given_by_us_may_be_changed_by_another_program) {
  ShownBench bench;
  change_flags(bench, 1, add, flag::seen, 3);
  BOOST_REQUIRE(show_flags(*bench.account));
  rename_as(bench, "m1", "");
  rename_as(bench, "m2", "RS");
  BOOST_TEST((flags(bench) == Flags{0, 3, 1}));
  bench.reopen();
  BOOST_TEST((flags(bench) == Flags{0, 3, 1}));
  BOOST_TEST((bench.texts() == all_texts));
}

BOOST_AUTO_TEST_CASE(of_changes_by_a_session_and_another_program_in_one_moment_the_log_wins_and_nothing_is_lost) {
  for (const bool restarted : {false, true}) {
    ShownBench bench;
    bench.open_mailbox();
    change_flags(bench, 1, add, flag::flagged);
    change_flags(bench, 2, add, flag::seen);
    rename_as(bench, "m1", "S");
    rename_as(bench, "m2", "S");  // the same
    rename_as(bench, "m3", "S");  // nobody else
    if (restarted) bench.reopen();
    BOOST_TEST((flags(bench) == Flags{4, 1, 1}));
    BOOST_TEST((letters(bench) == Texts{"F", "S", "S"}));
    BOOST_TEST((bench.texts() == all_texts));
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_another_program_renamed_first_is_left_to_the_next_scan_and_the_others_are_named) {
  ShownBench bench;
  bench.open_mailbox();
  change_flags(bench, 1, add, flag::seen, 3);
  rename_as(bench, "m2", "T");
  BOOST_REQUIRE(show_flags(*bench.account));
  BOOST_TEST((letters(bench) == Texts{"S", "T", "S"}));
  BOOST_TEST((flags(bench) == Flags{1, 1, 1}));
  BOOST_TEST((letters(bench) == Texts{"S", "S", "S"}));
  BOOST_TEST((bench.texts() == all_texts));
}

BOOST_AUTO_TEST_CASE(messages_that_another_program_has_just_renamed_are_copied_and_moved) {
  ShownBench bench;
  bench.open_mailbox();
  for (const char* const text : {"m1", "m2", "m3"}) rename_as(bench, text, "S");
  Copy copy;
  copy.source = inbox_folder;
  copy.target = sent;
  copy.uids = {{1, 1}};
  BOOST_TEST(bench.perform<CopyOperation>(copy)->outcome.has_value());
  Move move;
  move.source = inbox_folder;
  move.target = sent;
  move.uids = {{2, 3}};
  BOOST_TEST(bench.perform<MoveOperation>(move)->outcome.has_value());
  BOOST_TEST((bench.texts(sent) == all_texts));
  BOOST_TEST((flags(bench) == Flags{1}));
  BOOST_TEST((bench.texts() == Texts{"m1"}));
  BOOST_TEST((letters(bench) == Texts{"S"}));  // the others' files are gone
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
