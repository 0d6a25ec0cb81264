// SPDX-License-Identifier: Apache-2.0
// Access control lists (RFC 4314): kept, shown by the index, and found again whatever happens.
#include "store/acl.h"

#include "store/daemon/log_file.h"
#include "unit/store/shown_bench.h"
#include "unit/store/simulated_bench.h"

namespace mailtree::store {
namespace {

using Entries = std::vector<AclEntry>;

SetAcl request(FolderId folder, const std::string& identifier, const std::string& rights) {
  SetAcl set;
  set.account = test::ann();
  set.folder = folder;
  set.identifier = identifier;
  set.rights = rights;
  return set;
}

struct AclBench : ShownBench {
  AclBench() {
    CreateFolder create;
    create.name = "Team";
    team = perform<CreateFolderOperation>(create)->reply.folder;
    BOOST_REQUIRE(set("fred", "rwipsl"));
    BOOST_REQUIRE(set("anyone", "lr"));
    BOOST_REQUIRE(set("-fred", "w"));
  }
  bool set(const std::string& identifier, const std::string& rights) {
    const auto done = perform<SetAclOperation>(request(team, identifier, rights));
    return done->outcome && done->reply.changed;
  }
  // As stored tells it; the index must say the same.
  Entries acl(FolderId folder) {
    GetAcl get;
    get.folder = folder;
    const auto got = perform<GetAclOperation>(get);
    BOOST_REQUIRE(got->outcome.has_value());
    const auto opened = open_account();
    BOOST_REQUIRE(opened->outcome.has_value());
    const auto rows = (*IndexReader::open(index->path()))->acl(opened->reply.key, folder);
    BOOST_REQUIRE(rows.has_value());
    BOOST_TEST((*rows == got->reply.entries));
    return *rows;
  }
  Entries acl() { return acl(team); }
  FolderId team = no_folder;
};

const Entries all = {{"-fred", "w"}, {"anyone", "lr"}, {"fred", "ilprsw"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(access_control_lists)

BOOST_AUTO_TEST_CASE(rights_are_kept_once_each_and_in_order) {
  AclBench bench;
  BOOST_TEST((bench.acl() == all));
  BOOST_TEST(bench.acl(inbox_folder).empty());
  BOOST_TEST(!bench.set("fred", "lwrspi"));  // the same
  BOOST_TEST(bench.set("fred", "ll"));
  BOOST_TEST((bench.acl() == Entries{{"-fred", "w"}, {"anyone", "lr"}, {"fred", "l"}}));
}

BOOST_AUTO_TEST_CASE(no_rights_take_the_identifier_out_of_the_list) {
  AclBench bench;
  BOOST_TEST(bench.set("fred", ""));
  BOOST_TEST(!bench.set("fred", ""));
  BOOST_TEST((bench.acl() == Entries{{"-fred", "w"}, {"anyone", "lr"}}));
  bench.reopen(true);
  BOOST_TEST((bench.acl() == Entries{{"-fred", "w"}, {"anyone", "lr"}}));
}

BOOST_AUTO_TEST_CASE(rights_survive_a_restart_the_loss_of_the_index_and_a_new_log) {
  AclBench bench;
  bench.reopen();
  BOOST_TEST((bench.acl() == all));
  bench.reopen(true);
  BOOST_TEST((bench.acl() == all));
  bench.account = std::make_unique<Account>(*bench.partition, *bench.index, bench.clock, test::ann(), LogLimits{0, 0});
  bench.flag_first_message();  // and the log is rewritten
  bench.reopen();
  BOOST_TEST((bench.acl() == all));
}

BOOST_AUTO_TEST_CASE(rights_stay_with_a_renamed_folder_and_go_with_a_deleted_one) {
  AclBench bench;
  RenameFolder rename;
  rename.folder = bench.team;
  rename.name = "Crew";
  BOOST_REQUIRE(bench.perform<RenameFolderOperation>(rename)->outcome.has_value());
  BOOST_TEST((bench.acl() == all));
  DeleteFolder remove;
  remove.folder = bench.team;
  BOOST_REQUIRE(bench.perform<DeleteFolderOperation>(remove)->outcome.has_value());
  GetAcl get;
  get.folder = bench.team;
  const auto got = bench.perform<GetAclOperation>(get);
  BOOST_REQUIRE(!got->outcome.has_value());
  BOOST_TEST((got->outcome.error().condition == Condition::no_such_mailbox));
  CreateFolder create;
  create.name = "Crew";
  const FolderId successor = bench.perform<CreateFolderOperation>(create)->reply.folder;
  BOOST_TEST(bench.acl(successor).empty());
  bench.reopen(true);
  BOOST_TEST(bench.acl(successor).empty());
}

BOOST_AUTO_TEST_CASE(what_rfc_4314_does_not_allow_is_refused_and_changes_nothing) {
  AclBench bench;
  for (const std::string identifier : {"", "-", "a\x01", "\xff", "a\r\nb"}) {
    BOOST_TEST(!bench.set(identifier, "l"), identifier);
  }
  BOOST_TEST(!bench.set(std::string(max_acl_identifier_octets + 1, 'a'), "l"));
  for (const std::string rights : {"L", "l r", "+l", "\xc3\xa4"}) BOOST_TEST(!bench.set("fred", rights), rights);
  BOOST_TEST((bench.acl() == all));
  BOOST_TEST(bench.set(std::string(max_acl_identifier_octets, 'a'), "l0"));
  BOOST_TEST(bench.acl().size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_list_takes_256_identifiers) {
  AclBench bench;
  for (std::size_t i = all.size(); i < max_acl_entries; ++i) BOOST_REQUIRE(bench.set("user" + std::to_string(i), "l"));
  const auto one_more = bench.perform<SetAclOperation>(request(bench.team, "one more", "l"));
  BOOST_REQUIRE(!one_more->outcome.has_value());
  BOOST_TEST((one_more->outcome.error().condition == Condition::limit));
  BOOST_TEST(bench.set("fred", "a"));  // there already
  BOOST_TEST(bench.acl().size() == max_acl_entries);
}

BOOST_AUTO_TEST_CASE(rights_that_were_acknowledged_are_there_after_a_failure_at_any_call) {
  for (std::uint64_t at = 1; at < 6; ++at) {
    AclBench bench;
    bench.disk.fail(at, test::FailingDisk::Mode::from_then_on);
    const bool acknowledged = bench.set("fred", "l");
    bench.reopen();
    const std::string rights = bench.acl().back().rights;
    BOOST_TEST((rights == "l" || (!acknowledged && rights == "ilprsw")), "killed at call " << at);
  }
}

BOOST_AUTO_TEST_CASE(rights_that_were_acknowledged_survive_a_power_cut) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    test::Dice dice(seed);
    test::SimulatedBench bench;
    bench.deliver("m1", 1);
    BOOST_REQUIRE(bench.perform<SetAclOperation>(request(inbox_folder, "fred", "lr"))->outcome.has_value());
    bench.cut(dice);
    GetAcl get;
    get.folder = inbox_folder;
    const auto got = bench.perform<GetAclOperation>(get);
    BOOST_REQUIRE(got->outcome.has_value());
    BOOST_TEST((got->reply.entries == Entries{{"fred", "lr"}}), "seed " << seed);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
