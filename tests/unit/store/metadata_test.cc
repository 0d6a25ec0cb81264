// SPDX-License-Identifier: Apache-2.0
// Annotations (RFC 5464) of folders and of the account: kept, shown by the index, and found again whatever happens.
#include "store/metadata.h"

#include "store/daemon/log_file.h"
#include "unit/store/shown_bench.h"
#include "unit/store/simulated_bench.h"

namespace mailtree::store {
namespace {

using Entries = std::vector<MetadataEntry>;

const std::string binary("\0\r\n\xff", 4);

struct MetadataBench : ShownBench {
  MetadataBench() {
    CreateFolder create;
    create.name = "Team";
    team = perform<CreateFolderOperation>(create)->reply.folder;
    BOOST_REQUIRE(set(team, {{"/shared/comment", "Shared comment"}, {"/PRIVATE/Comment", "My own comment"}}));
    BOOST_REQUIRE(set(team, {{"/shared/vendor/x/y", binary}, {"/shared/empty", ""}}));
    BOOST_REQUIRE(set(no_folder, {{"/shared/admin", "mailto:ann@alpha.test"}}));
  }
  bool set(FolderId folder, std::vector<MetadataChange> changes) { return !failure(folder, std::move(changes)); }
  // Why it was refused, if it was.
  std::optional<Condition> failure(FolderId folder, std::vector<MetadataChange> changes) {
    SetMetadata set;
    set.folder = folder;
    set.changes = std::move(changes);
    const auto done = perform<SetMetadataOperation>(set);
    changed = done->reply.changed;
    if (done->outcome) return std::nullopt;
    return done->outcome.error().condition;
  }
  // As stored tells it; the index must say the same.
  Entries metadata(FolderId folder) {
    GetMetadata get;
    get.folder = folder;
    const auto got = perform<GetMetadataOperation>(get);
    BOOST_REQUIRE(got->outcome.has_value());
    const auto opened = open_account();
    BOOST_REQUIRE(opened->outcome.has_value());
    const auto rows = (*IndexReader::open(index->path()))->metadata(opened->reply.key, folder);
    BOOST_REQUIRE(rows.has_value());
    BOOST_TEST((*rows == got->reply.entries));
    return *rows;
  }
  FolderId team = no_folder;
  bool changed = false;
};

const Entries of_team = {{"/private/comment", "My own comment"},
                         {"/shared/comment", "Shared comment"},
                         {"/shared/empty", ""},
                         {"/shared/vendor/x/y", binary}};
const Entries of_account = {{"/shared/admin", "mailto:ann@alpha.test"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(annotations)

BOOST_AUTO_TEST_CASE(names_disregard_case_and_values_are_any_octets) {
  MetadataBench bench;
  BOOST_TEST((bench.metadata(bench.team) == of_team));
  BOOST_TEST((bench.metadata(no_folder) == of_account));
  BOOST_TEST(bench.metadata(inbox_folder).empty());
}

BOOST_AUTO_TEST_CASE(nil_removes_an_entry_and_an_empty_value_does_not) {
  MetadataBench bench;
  BOOST_TEST(bench.set(bench.team, {{"/Shared/Comment", "", false}, {"/shared/none", "", false}}));
  BOOST_TEST(bench.changed);
  BOOST_TEST(bench.set(bench.team, {{"/shared/comment", "", false}}));
  BOOST_TEST(!bench.changed);
  BOOST_TEST(bench.set(bench.team, {{"/private/comment", ""}}));
  const Entries expected = {{"/private/comment", ""}, {"/shared/empty", ""}, {"/shared/vendor/x/y", binary}};
  BOOST_TEST((bench.metadata(bench.team) == expected));
  BOOST_TEST(bench.set(no_folder, {{"/shared/admin", "", false}}));
  BOOST_TEST(bench.metadata(no_folder).empty());
  bench.reopen(true);
  BOOST_TEST((bench.metadata(bench.team) == expected));
  BOOST_TEST(bench.metadata(no_folder).empty());
}

BOOST_AUTO_TEST_CASE(annotations_survive_a_restart_the_loss_of_the_index_and_a_new_log) {
  MetadataBench bench;
  const auto check = [&bench] {
    BOOST_TEST((bench.metadata(bench.team) == of_team));
    BOOST_TEST((bench.metadata(no_folder) == of_account));
  };
  bench.reopen();
  check();
  bench.reopen(true);
  check();
  bench.account = std::make_unique<Account>(*bench.partition, *bench.index, bench.clock, test::ann(), LogLimits{0, 0});
  bench.flag_first_message();  // and the log is rewritten
  bench.reopen();
  check();
}

BOOST_AUTO_TEST_CASE(annotations_stay_with_a_renamed_folder_and_go_with_a_deleted_one) {
  MetadataBench bench;
  RenameFolder rename;
  rename.folder = bench.team;
  rename.name = "Crew";
  BOOST_REQUIRE(bench.perform<RenameFolderOperation>(rename)->outcome.has_value());
  BOOST_TEST((bench.metadata(bench.team) == of_team));
  DeleteFolder remove;
  remove.folder = bench.team;
  BOOST_REQUIRE(bench.perform<DeleteFolderOperation>(remove)->outcome.has_value());
  CreateFolder create;
  create.name = "Crew";
  const FolderId successor = bench.perform<CreateFolderOperation>(create)->reply.folder;
  BOOST_TEST(bench.metadata(successor).empty());
  BOOST_TEST((bench.failure(bench.team, {{"/shared/comment", "x"}}) == Condition::no_such_mailbox));
  BOOST_TEST((bench.metadata(no_folder) == of_account));
}

// RFC 5464 4.1.
BOOST_AUTO_TEST_CASE(a_renamed_inbox_keeps_its_annotations_and_gives_them_to_the_new_folder) {
  MetadataBench bench;
  const Entries entries = {{"/shared/comment", "of INBOX"}};
  BOOST_REQUIRE(bench.set(inbox_folder, {{"/shared/comment", "of INBOX"}}));
  RenameFolder rename;
  rename.folder = inbox_folder;
  rename.name = "Old";
  BOOST_REQUIRE(bench.perform<RenameFolderOperation>(rename)->outcome.has_value());
  BOOST_TEST((bench.metadata(inbox_folder) == entries));
  const auto opened = bench.open_account();
  const auto folders = (*IndexReader::open(bench.index->path()))->folders(opened->reply.key);
  BOOST_REQUIRE(folders.has_value());
  BOOST_REQUIRE_EQUAL(folders->back().name, "Old");
  BOOST_TEST((bench.metadata(folders->back().id) == entries));
}

BOOST_AUTO_TEST_CASE(what_rfc_5464_does_not_allow_is_refused_and_nothing_of_the_request_is_done) {
  MetadataBench bench;
  const std::string long_name = "/shared/" + std::string(max_metadata_name_octets - 7, 'a');
  for (const std::string name : {"", "/shared", "/shared/", "/other/comment", "shared/comment", "/shared//comment",
                                 "/shared/a*", "/shared/a%", "/shared/\x01", "/shared/\xc3\xa4"}) {
    BOOST_TEST((bench.failure(bench.team, {{"/shared/comment", "x"}, {name, "y"}}) == Condition::cannot), name);
  }
  BOOST_TEST((bench.failure(bench.team, {{long_name, "y"}}) == Condition::cannot));
  const std::string too_long(max_metadata_value_octets + 1, 'v');
  BOOST_TEST((bench.failure(bench.team, {{"/shared/comment", "x"}, {"/shared/b", too_long}}) == Condition::too_big));
  BOOST_TEST((bench.metadata(bench.team) == of_team));
}

BOOST_AUTO_TEST_CASE(entries_and_octets_are_bounded_and_what_is_at_the_bound_can_still_shrink) {
  MetadataBench bench;
  std::vector<MetadataChange> many;
  for (std::size_t i = 0; i < max_metadata_entries; ++i) many.push_back({"/shared/" + std::to_string(i), "v"});
  BOOST_REQUIRE(bench.set(inbox_folder, many));
  BOOST_TEST((bench.failure(inbox_folder, {{"/shared/more", "v"}}) == Condition::limit));
  BOOST_TEST(bench.set(inbox_folder, {{"/shared/1", "", false}, {"/shared/more", "v"}}));
  BOOST_TEST(bench.metadata(inbox_folder).size() == max_metadata_entries);
  const std::string value(max_metadata_value_octets, 'v');
  std::size_t stored = 0;
  while (stored < 100 && bench.set(bench.team, {{"/shared/" + std::to_string(stored), value}})) ++stored;
  BOOST_TEST(stored == max_metadata_octets / max_metadata_value_octets - 1);
  BOOST_TEST((bench.failure(no_folder, {{"/shared/large", value}}) == Condition::limit));
  BOOST_TEST(bench.set(bench.team, {{"/shared/0", "", false}}));
  BOOST_TEST(bench.set(no_folder, {{"/shared/large", value}}));
  bench.reopen(true);
  BOOST_TEST(bench.metadata(bench.team).size() == stored - 1 + of_team.size());
}

BOOST_AUTO_TEST_CASE(annotations_that_were_acknowledged_survive_a_power_cut_all_of_one_request_or_none) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    for (const bool fails : {false, true}) {
      test::Dice dice(seed);
      test::SimulatedBench bench;
      bench.deliver("m1", 1);
      SetMetadata set;
      set.folder = seed % 2 == 0 ? inbox_folder : no_folder;
      set.changes = {{"/shared/a", "1"}, {"/shared/b", std::string(5000, 'b')}};
      if (fails) bench.fail_next(test::SimulatedDisk::Call::sync_data);
      const bool acknowledged = bench.perform<SetMetadataOperation>(set)->outcome.has_value();
      BOOST_TEST(acknowledged != fails);
      bench.heal();
      bench.cut(dice);
      GetMetadata get;
      get.folder = set.folder;
      const auto got = bench.perform<GetMetadataOperation>(get);
      BOOST_REQUIRE(got->outcome.has_value());
      const Entries entries = {{"/shared/a", "1"}, {"/shared/b", std::string(5000, 'b')}};
      BOOST_TEST((got->reply.entries == entries || (fails && got->reply.entries.empty())), "seed " << seed);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
