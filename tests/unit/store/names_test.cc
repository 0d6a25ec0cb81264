// SPDX-License-Identifier: Apache-2.0
// Flags in file names: other programs see there what sessions changed and the other way round, and no crash, cut or
// failing disk takes one for the other.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "store/file_name.h"
#include "unit/store/shown_bench.h"
#include "unit/store/simulated_bench.h"

namespace mailtree::store {
namespace {

using test::Dice;
using test::DiskState;
using test::FailingDisk;
using test::show_flags;
using test::SimulatedBench;
using Call = test::SimulatedDisk::Call;
using Verdict = test::SimulatedDisk::Verdict;

constexpr FolderId sent = 2;
constexpr std::uint64_t seeds = 30;  // each cut leaves something else
constexpr auto add = FlagMode::add;
constexpr auto take_away = FlagMode::remove;

template <typename AnyBench>
void change_flags(AnyBench& bench, Uid uid, FlagMode mode, std::uint8_t flags, Uid last = 0) {
  Store request;
  request.folder = inbox_folder;
  request.uids = {{uid, std::max(uid, last)}};
  request.mode = static_cast<std::uint8_t>(mode);
  request.flags = flags;
  BOOST_REQUIRE(bench.template perform<StoreOperation>(request)->outcome.has_value());
}

// Letters behind the names in cur/ of INBOX, in the order of the uids; "?" for what is not of ours.
Texts letters(std::vector<std::string> names) {
  std::vector<std::pair<Uid, std::string>> found;
  for (const std::string& name : names) {
    const ParsedFileName parsed = parse_file_name(name);
    found.emplace_back(parsed.uid, parsed.ours ? name.substr(name.rfind(',') + 1) : "?");
  }
  std::sort(found.begin(), found.end());
  Texts all;
  for (auto& [uid, flags] : found) all.push_back(std::move(flags));
  return all;
}
Texts letters(const test::Bench& bench) {
  Texts names;
  for (const auto& entry : fs::directory_iterator(bench.account_path() + "/Maildir/cur")) {
    names.push_back(entry.path().filename());
  }
  return letters(std::move(names));
}
Texts letters(SimulatedBench& bench) {
  return letters(bench.names("Maildir/cur"));
}

// Flags of INBOX as a session reads them, after it was opened.
template <typename AnyBench>
std::vector<unsigned> flags(AnyBench& bench) {
  const auto opened = bench.template perform<OpenAccountOperation>(OpenAccount{});
  BOOST_REQUIRE(opened->outcome.has_value());
  BOOST_REQUIRE(bench.open_mailbox(inbox_folder)->outcome.has_value());
  const auto reader = IndexReader::open(bench.index->path());
  const auto rows = (*reader)->messages(opened->reply.key, inbox_folder, 1, UINT32_MAX, 100000);
  BOOST_REQUIRE(rows.has_value());
  std::vector<unsigned> all;
  for (const MessageRow& row : *rows) all.push_back(row.flags);
  return all;
}
using Flags = std::vector<unsigned>;

// Another program's hand on the name of the file with this content.
void rename_as(ShownBench& bench, const std::string& text, const std::string& flags) {
  const std::string path = bench.file_of(text);
  fs::rename(path, path.substr(0, path.rfind(',') + 1) + flags);
  bench.clock.now += 60;
}

struct ThreeMessages : SimulatedBench {
  explicit ThreeMessages(LogLimits limits = {}) : SimulatedBench(limits) {
    for (unsigned char i = 1; i <= 3; ++i) deliver("m" + std::to_string(i), i);
    perform<OpenAccountOperation>(OpenAccount{});
  }
};
const Texts all_texts = {"m1", "m2", "m3"};

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
  BOOST_TEST(bench.disk.looks() <= 3U);
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

// --- Crashes -------------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(the_record_is_written_after_the_directory_is_synced_and_that_after_the_renames) {
  ThreeMessages bench;
  change_flags(bench, 1, add, flag::seen, 3);
  std::vector<Call> order;
  bench.disk.set_hook([&order](Call call) {
    const bool is_change = call == Call::rename || call == Call::write;
    if (is_change || call == Call::sync_directory || call == Call::sync_data) order.push_back(call);
    return Verdict::proceed;
  });
  BOOST_REQUIRE(show_flags(*bench.account));
  bench.heal();
  const std::vector<Call> expected = {Call::rename,         Call::rename, Call::rename,
                                      Call::sync_directory, Call::write,  Call::sync_data};
  BOOST_TEST((order == expected));
}

// What is done to the account by a session that does not open the mailbox anew: one whose stored was restarted.
BOOST_AUTO_TEST_CASE(a_kill_or_cut_at_any_call_changes_no_flag_and_the_log_wins_over_names_from_before) {
  for (const bool power : {false, true}) {
    for (const bool changed_back : {false, true}) {
      for (std::uint64_t seed = 1; seed <= (power ? seeds : 1); ++seed) {
        for (int at = 1; at < 14; ++at) {
          ThreeMessages bench;
          change_flags(bench, 1, add, flag::seen, 3);
          bench.disk.set_hook([at](Call) mutable { return --at == 0 ? Verdict::dead : Verdict::proceed; });
          show_flags(*bench.account);
          bench.heal();
          Dice dice(seed);
          if (power) bench.cut(dice);
          if (!power) bench.kill();
          if (changed_back) change_flags(bench, 1, take_away, flag::seen, 2);
          const std::string where = "died before call " + std::to_string(at) + ", seed " + std::to_string(seed);
          const Flags expected = changed_back ? Flags{0, 0, 1} : Flags{1, 1, 1};
          BOOST_TEST((flags(bench) == expected), where);
          BOOST_TEST((bench.texts(inbox_folder) == all_texts), where);
          BOOST_REQUIRE(show_flags(*bench.account));
          BOOST_TEST((letters(bench) == (changed_back ? Texts{"", "", "S"} : Texts{"S", "S", "S"})), where);
          bench.cut(dice);
          BOOST_TEST((flags(bench) == expected), where);
          BOOST_TEST((bench.texts(inbox_folder) == all_texts), where);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(names_found_after_a_kill_are_recorded_only_when_they_are_durable) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    ThreeMessages bench;
    change_flags(bench, 1, add, flag::seen, 3);
    bench.disk.set_hook([](Call call) { return call == Call::sync_directory ? Verdict::dead : Verdict::proceed; });
    BOOST_TEST(!show_flags(*bench.account));
    bench.kill();
    BOOST_TEST((letters(bench) == Texts{"S", "S", "S"}));
    BOOST_TEST((flags(bench) == Flags{1, 1, 1}));  // recorded now
    Dice dice(seed);
    bench.cut(dice);
    BOOST_TEST((flags(bench) == Flags{1, 1, 1}), "seed " << seed);
  }
}

BOOST_AUTO_TEST_CASE(a_change_of_another_program_that_was_seen_outlives_a_cut) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    ThreeMessages bench;
    bench.open_mailbox(inbox_folder);
    DiskState& state = bench.disk.state();
    const auto cur = bench.inode_of("Maildir/cur");
    const std::string name = bench.names("Maildir/cur").front();
    const auto inode = bench.inode_of("Maildir/cur/" + name);
    state.change_names({{cur, name, inode, DiskState::none}, {cur, name + "S", DiskState::none, inode}});
    bench.clock.now += 60;
    const Flags seen = flags(bench);
    BOOST_TEST(std::count(seen.begin(), seen.end(), 1U) == 1);
    Dice dice(seed);
    bench.cut(dice);
    BOOST_TEST((flags(bench) == seen), "seed " << seed);
  }
}

// The name was given and not recorded, then the flag was taken away again: flags and name agree in the log alone.
BOOST_AUTO_TEST_CASE(a_rewritten_log_keeps_the_doubt_about_a_name) {
  ThreeMessages bench({512, 1});
  change_flags(bench, 1, add, flag::seen);
  bench.disk.set_hook([](Call call) { return call == Call::sync_directory ? Verdict::dead : Verdict::proceed; });
  BOOST_TEST(!show_flags(*bench.account));
  bench.kill();
  change_flags(bench, 1, take_away, flag::seen);
  for (int i = 0; i < 40; ++i) change_flags(bench, 3, i % 2 == 0 ? add : take_away, flag::answered);
  bench.kill();
  BOOST_TEST((letters(bench) == Texts{"S", "", ""}));
  BOOST_TEST((flags(bench) == Flags{0, 0, 0}));
  BOOST_TEST((letters(bench) == Texts{"", "", ""}));
}

BOOST_AUTO_TEST_CASE(a_lost_log_is_made_anew_with_the_flags_that_the_names_show) {
  ShownBench bench;
  change_flags(bench, 1, add, flag::seen, 2);
  change_flags(bench, 2, add, flag::flagged);
  BOOST_REQUIRE(show_flags(*bench.account));
  bench.stop();
  fs::remove(bench.log());
  bench.reopen(true);
  BOOST_TEST((flags(bench) == Flags{1, 5, 0}));
  BOOST_TEST((bench.texts() == all_texts));
}

// --- Failing disks -------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(whatever_call_fails_only_names_stay_behind_and_the_next_try_brings_them_up) {
  using Fault = FailingDisk::Fault;
  using Mode = FailingDisk::Mode;
  for (const auto mode : {Mode::once, Mode::from_then_on}) {
    for (const auto fault : {Fault::io, Fault::full, Fault::quota, Fault::descriptors, Fault::short_write}) {
      for (std::uint64_t at = 1; at <= 9; ++at) {
        ShownBench bench;
        bench.open_mailbox();
        change_flags(bench, 1, add, flag::seen, 3);
        bench.disk.count_every_call();
        bench.disk.fail(at, mode, fault);
        const bool done = show_flags(*bench.account);
        bench.disk.heal();
        const std::string where = "call " + std::to_string(at);
        BOOST_TEST((!done || letters(bench) == Texts{"S", "S", "S"}), where);
        for (Uid uid = 1; uid <= 3; ++uid) {  // as a reader does that misses the name
          OpenFile request;
          request.folder = inbox_folder;
          request.uid = uid;
          const auto opened = bench.perform<OpenFileOperation>(request);
          BOOST_TEST((opened->outcome && opened->file), where);
        }
        BOOST_TEST(bench.deliver("m4", 4)->outcome.has_value(), where);
        change_flags(bench, 3, add, flag::flagged);
        BOOST_TEST((flags(bench) == Flags{1, 1, 5, 0}), where);
        BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3", "m4"}), where);
        BOOST_REQUIRE(show_flags(*bench.account));
        BOOST_TEST((letters(bench) == Texts{"S", "S", "FS", ""}), where);
        bench.reopen(true);
        BOOST_TEST((flags(bench) == Flags{1, 1, 5, 0}), where);
        BOOST_TEST((bench.texts() == Texts{"m1", "m2", "m3", "m4"}), where);
        BOOST_TEST(bench.aside().empty(), where);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
