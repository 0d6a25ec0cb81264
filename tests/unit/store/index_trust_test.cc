// SPDX-License-Identifier: Apache-2.0
// Which index a start goes on with, and what of the others is remembered: take-overs, restored partitions, other boots,
// other disks, ruin.
#include "store/index_trouble.h"
#include "unit/store/machine.h"

namespace mailtree::store {

BOOST_FIXTURE_TEST_SUITE(index_trust, Site)

BOOST_AUTO_TEST_CASE(a_restart_or_a_kill_with_nobody_in_between_keeps_index_and_rows) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  static_cast<void>(a.inbox());
  const std::string index = a.index->path();
  a.start();
  BOOST_TEST(a.index->path() == index);
  BOOST_TEST(a.has_rows());
}

BOOST_AUTO_TEST_CASE(after_another_machine_had_the_partition_nothing_of_the_old_index_is_shown) {
  Machine a(path, "a"), b(path, "b");
  a.start();
  a.append("one");
  const FolderRow first = a.inbox();
  const std::string index = a.index->path();
  a.stop();
  b.start();
  b.append("two");
  BOOST_TEST(b.inbox().messages == 2U);
  b.stop();
  a.start();
  BOOST_TEST(a.index->path() != index);
  BOOST_TEST(!fs::exists(index));
  BOOST_TEST(!a.has_rows());
  const FolderRow last = a.inbox();
  BOOST_TEST(last.messages == 2U);
  BOOST_TEST(last.uidvalidity == first.uidvalidity);  // newer than what A had shown: nothing was lost
  BOOST_TEST(!was_logged("rolled_back"));
}

BOOST_AUTO_TEST_CASE(another_machine_that_only_opened_the_partition_costs_the_rows_too) {
  Machine a(path, "a"), b(path, "b");
  a.start();
  a.append("one");
  static_cast<void>(a.inbox());
  a.stop();
  b.start();
  b.stop();
  a.start();
  BOOST_TEST(!a.has_rows());
  BOOST_TEST(a.inbox().messages == 1U);
}

BOOST_AUTO_TEST_CASE(a_restored_partition_never_gives_out_a_generation_or_uidvalidity_twice) {
  Machine a(path, "a");
  a.start();
  a.stop();
  back_up();
  a.start();
  const auto generation = a.partition->generation();
  std::uint32_t given = 0;
  for (int i = 0; i < 1000; ++i) given = *a.partition->next_uidvalidity();
  a.stop();
  restore();
  a.start();
  BOOST_TEST(a.partition->generation() > generation);
  BOOST_TEST(*a.partition->next_uidvalidity() > given);
  BOOST_TEST(was_logged("store.partition.rolled_back"));
}

BOOST_AUTO_TEST_CASE(in_a_restored_partition_an_account_that_was_shown_newer_gets_a_new_uidvalidity_and_no_other) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  const FolderRow before = a.inbox();
  a.stop();
  back_up();
  a.start();
  a.append("two");
  const FolderRow shown = a.inbox();
  BOOST_TEST(shown.messages == 2U);
  a.stop();
  restore();
  a.start();
  BOOST_TEST(!a.has_rows());
  const FolderRow after = a.inbox();
  BOOST_TEST(after.messages == 1U);
  BOOST_TEST(after.uidvalidity > before.uidvalidity);
  BOOST_TEST(after.highestmodseq > shown.highestmodseq);
  a.start();
  BOOST_TEST(a.inbox().uidvalidity == after.uidvalidity);
}

BOOST_AUTO_TEST_CASE(in_a_restored_partition_an_account_that_did_not_change_keeps_its_uidvalidity) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  const FolderRow before = a.inbox();
  a.stop();
  back_up();
  a.start();
  static_cast<void>(a.inbox());
  a.stop();
  restore();
  a.start();
  BOOST_TEST(was_logged("store.partition.rolled_back"));
  BOOST_TEST(a.inbox().uidvalidity == before.uidvalidity);
  BOOST_TEST(!was_logged("store.account.rolled_back"));
  // Settled for good: also without the index that knew it.
  a.stop();
  a.lose_index();
  a.start();
  BOOST_TEST(a.inbox().uidvalidity == before.uidvalidity);
}

BOOST_AUTO_TEST_CASE(a_partition_restored_while_the_index_was_lost_too_gives_every_account_a_new_uidvalidity_once) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  const FolderRow before = a.inbox();
  a.stop();
  back_up();
  a.start();
  a.append("two");
  static_cast<void>(a.inbox());
  a.stop();
  restore();
  fs::remove_all(a.home + "/index");
  fs::create_directories(a.home + "/index");
  a.start();
  const FolderRow after = a.inbox();
  BOOST_TEST(after.uidvalidity > before.uidvalidity);
  a.append("three");
  a.start();
  BOOST_TEST(a.inbox().uidvalidity == after.uidvalidity);
}

BOOST_AUTO_TEST_CASE(an_operator_can_say_that_a_partition_was_restored_where_nothing_else_knows_it) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  const FolderRow before = a.inbox();
  a.stop();
  std::ofstream(path + "/restored");
  Machine b(path, "b");
  b.start();
  const FolderRow after = b.inbox();
  BOOST_TEST(after.uidvalidity > before.uidvalidity);
  BOOST_TEST(!fs::exists(path + "/restored"));
  b.start();
  BOOST_TEST(b.inbox().uidvalidity == after.uidvalidity);
}

BOOST_AUTO_TEST_CASE(a_log_that_was_put_back_and_grew_elsewhere_is_told_from_the_one_that_was_shown) {
  Machine a(path, "a"), b(path, "b");
  a.start();
  a.append("one");
  static_cast<void>(a.inbox());
  a.stop();
  back_up();
  a.start();
  a.append("two");
  const FolderRow shown = a.inbox();
  a.stop();
  restore();
  b.start();  // knows nothing of it
  for (const char* text : {"other two", "other three", "other four"}) b.append(text);
  BOOST_TEST(b.inbox().highestmodseq > shown.highestmodseq);
  b.stop();
  a.start();
  BOOST_TEST(a.inbox().uidvalidity > shown.uidvalidity);
  BOOST_TEST(was_logged("store.account.rolled_back"));
}

// What stands in an index of which everything else is as it was.
void change_meta(const std::string& index, const std::function<void(IndexMeta&)>& change) {
  auto environment = IndexEnvironment::open(index, IndexEnvironment::Use::write, std::size_t{64} << 20);
  BOOST_REQUIRE(environment.has_value());
  IndexMeta meta = *(*environment)->meta();
  change(meta);
  BOOST_REQUIRE((*environment)->put_meta(meta).has_value());
}

void overwrite(const std::string& file, std::size_t octets) {
  std::fstream data(file, std::ios::in | std::ios::out | std::ios::binary);
  data << std::string(octets, 'x');
}

BOOST_AUTO_TEST_CASE(an_index_of_another_boot_device_or_partition_is_begun_anew_and_costs_no_uidvalidity) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  const FolderRow before = a.inbox();
  for (int kind = 0; kind < 8; ++kind) {
    const std::string index = a.index->path();
    a.stop();
    if (kind == 0) a.change = [](IndexOptions& options) { options.device += 1; };
    if (kind == 1) a.change = [](IndexOptions& options) { options.in_doubt = true; };
    if (kind == 2) change_meta(index, [](IndexMeta& meta) { meta.boot_id = "another"; });
    if (kind == 3) change_meta(index, [](IndexMeta& meta) { meta.partition_id = "another"; });
    if (kind == 4) change_meta(index, [](IndexMeta& meta) { meta.generation += 1; });
    if (kind == 5) change_meta(index, [](IndexMeta& meta) { meta.instance = "another"; });
    if (kind == 6) overwrite(index + "/data.mdb", 8192);
    if (kind == 7) fs::resize_file(index + "/data.mdb", 0);
    a.start();
    const bool is_readable = kind != 2 && kind != 3 && kind < 6;
    BOOST_TEST(was_logged("store.index.remembered") == is_readable, "kind " << kind);
    heard.clear();
    BOOST_TEST(a.index->path() != index, "kind " << kind);
    BOOST_TEST(!a.has_rows(), "kind " << kind);
    BOOST_TEST(a.inbox().uidvalidity == before.uidvalidity, "kind " << kind);
    a.change = [](IndexOptions&) {};
  }
}

BOOST_AUTO_TEST_CASE(a_run_directory_that_was_emptied_makes_the_index_doubtful) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  const FolderRow before = a.inbox();
  const std::string index = a.index->path();
  a.stop();
  fs::remove_all(a.home + "/run");
  fs::create_directories(a.home + "/run");
  a.start();
  BOOST_TEST(a.index->path() != index);
  BOOST_TEST(a.inbox().uidvalidity == before.uidvalidity);
  BOOST_TEST(!was_logged("rolled_back"));
}

BOOST_AUTO_TEST_CASE(an_index_found_ruined_is_set_aside_and_the_oldest_of_these_removed) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  const FolderRow before = a.inbox();
  for (int i = 0; i < 4; ++i) {
    IndexTrouble(a.index->path()).note(TroubleNote::Kind::ruin);
    BOOST_TEST(a.index->is_in_trouble());
    a.start();
    BOOST_TEST(a.inbox().uidvalidity == before.uidvalidity);
  }
  BOOST_TEST(was_logged("store.index.aside"));
  std::vector<std::string> aside;
  for (const auto& entry : fs::directory_iterator(a.home + "/index/" + a.partition->id())) {
    if (entry.path().string().find(".aside-") != std::string::npos) aside.push_back(entry.path().extension());
  }
  std::sort(aside.begin(), aside.end());
  BOOST_TEST((aside == std::vector<std::string>{".aside-3", ".aside-4"}));
}

BOOST_AUTO_TEST_CASE(an_index_that_was_cut_is_not_touched) {
  Machine a(path, "a");
  a.start();
  for (int i = 0; i < 50; ++i) a.append("text " + std::to_string(i));
  static_cast<void>(a.inbox());
  const std::string index = a.index->path();
  a.stop();
  fs::resize_file(index + "/data.mdb", fs::file_size(index + "/data.mdb") / 2);
  a.start();
  BOOST_TEST(a.index->path() != index);
  BOOST_TEST(a.inbox().messages == 50U);
}

BOOST_AUTO_TEST_CASE(a_value_that_is_not_what_was_written_is_never_shown) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  static_cast<void>(a.inbox());
  const std::string index = a.index->path();
  const AccountKey key = account_key(test::ann());
  {
    const auto reader = IndexReader::open(index);
    BOOST_TEST((*reader)->folder(key, inbox_folder).has_value());
    // The name of the folder in each page that holds it.
    std::string octets = content_of(index + "/data.mdb");
    std::fstream file(index + "/data.mdb", std::ios::in | std::ios::out | std::ios::binary);
    for (std::size_t at = octets.find("INBOX"); at != std::string::npos; at = octets.find("INBOX", at + 1)) {
      file.seekp(static_cast<std::streamoff>(at));
      file << "XOBNI";
    }
    file.close();
    const auto row = (*reader)->folder(key, inbox_folder);
    BOOST_REQUIRE(!row.has_value());
    BOOST_TEST((row.error().condition == Condition::unavailable));
  }
  BOOST_TEST(a.index->is_in_trouble());
  a.start();
  BOOST_TEST(was_logged("store.index.aside"));
  BOOST_TEST(a.inbox().name == "INBOX");
}

BOOST_AUTO_TEST_CASE(an_index_that_was_given_up_is_believed_by_no_reader_and_by_no_later_process) {
  Machine a(path, "a");
  a.start();
  a.append("one");
  const FolderRow before = a.inbox();
  const std::string index = a.index->path();
  {
    const auto reader = IndexReader::open(index);
    a.index->give_up();
    const auto row = (*reader)->folder(account_key(test::ann()), inbox_folder);
    BOOST_REQUIRE(!row.has_value());
    BOOST_TEST((row.error().condition == Condition::unavailable));
  }
  a.start();
  BOOST_TEST(a.index->path() != index);
  BOOST_TEST(was_logged("store.index.remembered"));
  BOOST_TEST(a.inbox().uidvalidity == before.uidvalidity);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
