// SPDX-License-Identifier: Apache-2.0
// The rules by which the simulated disk loses things: without them the histories would prove nothing.
#include "support/simulated_disk.h"

#include <boost/test/unit_test.hpp>
#include <set>

namespace mailtree::test {
namespace {

using Access = loop::Disk::Access;
constexpr int root = 0;  // any descriptor below first_descriptor

struct Bench {
  SimulatedDisk disk;

  void put(const std::string& name, const std::string& text, bool synced = true) {
    const auto file = disk.open(root, name, Access::create_new);
    BOOST_REQUIRE(file);
    BOOST_REQUIRE(disk.write_at(file->get(), text, 0));
    if (synced) BOOST_REQUIRE(disk.sync_data(file->get()));
  }
  std::string get(const std::string& name) {
    const auto file = disk.open(root, name, Access::read);
    if (!file) return "(missing)";
    return *loop::read_whole(disk, file->get(), 1 << 20);
  }
  UniqueFd directory(const std::string& name) { return std::move(*disk.open(root, name, Access::directory)); }
};

// All that `look` sees after a cut of what `prepare` did, over many seeds.
template <typename Prepare, typename Look>
std::set<std::string> outcomes(Prepare prepare, Look look) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Bench bench;
    prepare(bench);
    Dice dice(seed);
    bench.disk.restart_after_power_cut(dice);
    seen.insert(look(bench));
  }
  return seen;
}

using Seen = std::set<std::string>;

BOOST_AUTO_TEST_CASE(a_synced_file_with_a_synced_name_survives) {
  const auto prepare = [](Bench& bench) {
    bench.put("a", "text");
    BOOST_REQUIRE(bench.disk.sync_directory(root));
  };
  BOOST_TEST((outcomes(prepare, [](Bench& bench) { return bench.get("a"); }) == Seen{"text"}));
}

BOOST_AUTO_TEST_CASE(sync_data_makes_the_contents_durable_but_not_the_name) {
  const auto prepare = [](Bench& bench) { bench.put("a", "text"); };
  BOOST_TEST((outcomes(prepare, [](Bench& bench) { return bench.get("a"); }) == Seen{"(missing)", "text"}));
}

BOOST_AUTO_TEST_CASE(a_name_is_durable_without_what_the_file_should_hold) {
  const auto prepare = [](Bench& bench) {
    bench.put("a", "ab", false);
    BOOST_REQUIRE(bench.disk.sync_directory(root));
  };
  const auto seen = outcomes(prepare, [](Bench& bench) { return bench.get("a"); });
  BOOST_TEST((seen == Seen{"", "a", "ab", std::string(2, '\0')}));
}

BOOST_AUTO_TEST_CASE(blocks_of_an_unsynced_write_arrive_in_any_order) {
  const auto prepare = [](Bench& bench) {
    bench.put("a", std::string(512, 'x') + std::string(512, 'y'), false);
    BOOST_REQUIRE(bench.disk.sync_directory(root));
  };
  const auto seen = outcomes(prepare, [](Bench& bench) { return bench.get("a"); });
  BOOST_TEST(seen.contains(std::string(512, '\0') + std::string(512, 'y')));
  BOOST_TEST(seen.contains(std::string(512, 'x') + std::string(512, '\0')));
}

BOOST_AUTO_TEST_CASE(two_changes_of_names_survive_independently) {
  const auto prepare = [](Bench& bench) {
    bench.put("a", "1");
    bench.put("b", "2");
  };
  const auto look = [](Bench& bench) { return bench.get("a") + bench.get("b"); };
  BOOST_TEST((outcomes(prepare, look) == Seen{"(missing)(missing)", "1(missing)", "(missing)2", "12"}));
}

BOOST_AUTO_TEST_CASE(a_rename_over_another_file_is_one_step) {
  const auto prepare = [](Bench& bench) {
    bench.put("a", "new");
    bench.put("b", "old");
    BOOST_REQUIRE(bench.disk.sync_directory(root));
    BOOST_REQUIRE(bench.disk.rename(root, "a", root, "b", true));
  };
  const auto look = [](Bench& bench) { return bench.get("a") + " " + bench.get("b"); };
  BOOST_TEST((outcomes(prepare, look) == Seen{"new old", "(missing) new"}));
}

BOOST_AUTO_TEST_CASE(a_sync_of_either_directory_settles_a_rename_between_them) {
  for (const char* synced : {"from", "to"}) {
    const auto prepare = [synced](Bench& bench) {
      BOOST_REQUIRE(bench.disk.make_directory(root, "from"));
      BOOST_REQUIRE(bench.disk.make_directory(root, "to"));
      bench.put("from/a", "text");
      BOOST_REQUIRE(bench.disk.sync_directory(root));
      BOOST_REQUIRE(bench.disk.rename(root, "from/a", root, "to/a", false));
      BOOST_REQUIRE(bench.disk.sync_directory(bench.directory(synced).get()));
    };
    const auto look = [](Bench& bench) { return bench.get("from/a") + " " + bench.get("to/a"); };
    BOOST_TEST((outcomes(prepare, look) == Seen{"(missing) text"}));
  }
}

BOOST_AUTO_TEST_CASE(an_unlink_and_a_removed_directory_may_come_back) {
  const auto prepare = [](Bench& bench) {
    BOOST_REQUIRE(bench.disk.make_directory(root, "d"));
    bench.put("a", "text");
    BOOST_REQUIRE(bench.disk.sync_directory(root));
    BOOST_REQUIRE(bench.disk.unlink(root, "a"));
    BOOST_REQUIRE(bench.disk.remove_directory(root, "d"));
  };
  const auto look = [](Bench& bench) {
    return bench.get("a") + (bench.disk.status_at(root, "d") ? " there" : " gone");
  };
  BOOST_TEST((outcomes(prepare, look) == Seen{"(missing) gone", "(missing) there", "text gone", "text there"}));
}

BOOST_AUTO_TEST_CASE(a_sync_of_the_file_system_covers_all) {
  const auto prepare = [](Bench& bench) {
    BOOST_REQUIRE(bench.disk.make_directory(root, "d"));
    bench.put("d/a", "text", false);
    BOOST_REQUIRE(bench.disk.sync_file_system(root));
  };
  BOOST_TEST((outcomes(prepare, [](Bench& bench) { return bench.get("d/a"); }) == Seen{"text"}));
}

BOOST_AUTO_TEST_CASE(a_failed_sync_is_not_made_good_by_the_next_one) {
  const auto prepare = [](Bench& bench) {
    bench.put("a", "a", false);
    BOOST_REQUIRE(bench.disk.sync_directory(root));
    const auto file = bench.disk.open(root, "a", Access::read_write);
    int failures = 1;
    bench.disk.set_hook([&failures](SimulatedDisk::Call) {
      return failures-- > 0 ? SimulatedDisk::Verdict::fail : SimulatedDisk::Verdict::proceed;
    });
    BOOST_REQUIRE(!bench.disk.sync_data(file->get()));
    BOOST_REQUIRE(bench.disk.sync_data(file->get()));
    bench.disk.set_hook({});
    BOOST_TEST(bench.get("a") == "a");  // in memory it still looks well
  };
  const auto seen = outcomes(prepare, [](Bench& bench) { return bench.get("a"); });
  BOOST_TEST(seen.contains(""));
}

BOOST_AUTO_TEST_CASE(what_a_failed_sync_forgot_never_undoes_what_was_synced_after_it) {
  const auto prepare = [](Bench& bench) {
    bench.put("a", "abc");
    BOOST_REQUIRE(bench.disk.sync_directory(root));
    const auto file = bench.disk.open(root, "a", Access::read_write);
    BOOST_REQUIRE(bench.disk.truncate(file->get(), 1));
    bench.disk.set_hook([](SimulatedDisk::Call) { return SimulatedDisk::Verdict::fail; });
    BOOST_REQUIRE(!bench.disk.sync_data(file->get()));
    bench.disk.set_hook({});
    BOOST_REQUIRE(bench.disk.write_at(file->get(), "x", 1));
    BOOST_REQUIRE(bench.disk.sync_data(file->get()));
  };
  BOOST_TEST((outcomes(prepare, [](Bench& bench) { return bench.get("a"); }) == Seen{"ax", "axc"}));
}

BOOST_AUTO_TEST_CASE(a_failed_directory_sync_is_made_good_by_the_next_one_on_most_disks) {
  const auto prepare = [](Bench& bench) {
    bench.put("a", "text");
    bench.disk.set_hook([](SimulatedDisk::Call) { return SimulatedDisk::Verdict::fail; });
    BOOST_REQUIRE(!bench.disk.sync_directory(root));
    bench.disk.set_hook({});
    BOOST_REQUIRE(bench.disk.sync_directory(root));
  };
  BOOST_TEST((outcomes(prepare, [](Bench& bench) { return bench.get("a"); }) == Seen{"text"}));
}

BOOST_AUTO_TEST_CASE(after_a_failed_directory_sync_only_a_new_change_of_the_name_is_durable_on_some) {
  const auto fail_once = [](Bench& bench) {
    bench.disk.set_directories_forget(true);
    bench.put("a", "text");
    bench.disk.set_hook([](SimulatedDisk::Call) { return SimulatedDisk::Verdict::fail; });
    BOOST_REQUIRE(!bench.disk.sync_directory(root));
    bench.disk.set_hook({});
  };
  const auto look = [](Bench& bench) { return bench.get("a"); };
  const auto repeat = [&](Bench& bench) {
    fail_once(bench);
    BOOST_REQUIRE(bench.disk.sync_directory(root));
  };
  BOOST_TEST((outcomes(repeat, look) == Seen{"(missing)", "text"}));
  const auto replace = [&](Bench& bench) {
    fail_once(bench);
    bench.put("b", "other");
    BOOST_REQUIRE(bench.disk.rename(root, "b", root, "a", true));
    BOOST_REQUIRE(bench.disk.sync_directory(root));
  };
  BOOST_TEST((outcomes(replace, look) == Seen{"other"}));
}

BOOST_AUTO_TEST_CASE(a_kill_loses_nothing_that_has_a_name_and_every_later_call_fails) {
  Bench bench;
  bench.put("a", "text", false);
  bench.disk.set_hook([](SimulatedDisk::Call) { return SimulatedDisk::Verdict::dead; });
  BOOST_TEST(!bench.disk.sync_directory(root));
  bench.disk.set_hook({});
  BOOST_TEST(bench.disk.is_dead());
  BOOST_TEST(!bench.disk.open_unnamed(root));
  bench.disk.restart_after_kill();
  BOOST_TEST(bench.get("a") == "text");
}

BOOST_AUTO_TEST_CASE(an_unnamed_file_may_get_a_name_and_an_unlinked_one_stays_readable) {
  Bench bench;
  const auto file = bench.disk.open_unnamed(root);
  BOOST_REQUIRE(bench.disk.write_at(file->get(), "text", 0));
  BOOST_REQUIRE(bench.disk.link_open_file(file->get(), root, "a"));
  BOOST_TEST(bench.get("a") == "text");
  BOOST_TEST(bench.disk.status_at(root, "a")->links == 1U);
  BOOST_REQUIRE(bench.disk.unlink(root, "a"));
  BOOST_TEST(*loop::read_whole(bench.disk, file->get(), 100) == "text");
}

}  // namespace
}  // namespace mailtree::test
