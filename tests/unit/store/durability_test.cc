// SPDX-License-Identifier: Apache-2.0
// What a power cut, a kill or a failed sync must not do to an account: each test is a history that once went wrong.
#include <boost/test/unit_test.hpp>

#include "unit/store/simulated_bench.h"

namespace mailtree::store {

using test::Dice;
using test::DiskState;
using test::SimulatedBench;
using Call = test::SimulatedDisk::Call;
using Texts = std::vector<std::string>;

namespace {

constexpr FolderId sent = 2;
constexpr std::uint64_t seeds = 40;  // each cut leaves something else

}  // namespace

BOOST_AUTO_TEST_SUITE(durability)

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
