// SPDX-License-Identifier: Apache-2.0
// Flags on their way into file names: no crash, cut or failing disk takes a name of ours for another program's, or the
// other way round.
#include "unit/store/names_bench.h"

namespace mailtree::store {

using test::Dice;
using test::DiskState;
using test::FailingDisk;
using test::show_flags;
using Call = test::SimulatedDisk::Call;
using Verdict = test::SimulatedDisk::Verdict;

namespace {

constexpr std::uint64_t seeds = 30;  // each cut leaves something else

}  // namespace

BOOST_FIXTURE_TEST_SUITE(names_durability, Listening)

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
        for (int at = 1; at < 22; ++at) {
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
      for (std::uint64_t at = 1; at <= 17; ++at) {
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
