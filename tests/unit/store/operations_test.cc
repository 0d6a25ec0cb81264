// SPDX-License-Identifier: Apache-2.0
// What the operations of one account do, seen through the index.
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "log/log.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

using test::Bench;
using Texts = std::vector<std::string>;

struct Quiet {
  Quiet() {
    log::set_sink([](std::string_view) {});
  }
  ~Quiet() { log::set_sink(nullptr); }
};

void put_file(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

UidSet one(Uid uid) {
  return {{uid, uid}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(operations, Quiet)

BOOST_AUTO_TEST_CASE(a_copy_keeps_flags_keywords_dates_and_the_object_id) {
  Bench bench;
  bench.deliver("one", 1);
  Store store;
  store.folder = inbox_folder;
  store.uids = one(1);
  store.mode = static_cast<std::uint8_t>(FlagMode::add);
  store.flags = flag::flagged;
  store.keywords = {"$Forwarded", "other"};
  const auto stored = bench.perform<StoreOperation>(store);
  BOOST_TEST((stored->reply.changed == one(1)));
  BOOST_TEST(bench.perform<StoreOperation>(store)->reply.changed.empty());
  Copy copy;
  copy.source = inbox_folder;
  copy.target = 2;
  copy.uids = {{1, 99}};
  const auto copied = bench.perform<CopyOperation>(copy);
  BOOST_REQUIRE(copied->outcome.has_value());
  BOOST_TEST((copied->reply.source == one(1)));
  const auto opened = bench.open_account();
  const auto reader = IndexReader::open(bench.index->path());
  const auto from = (*reader)->message(opened->reply.key, inbox_folder, 1);
  const auto to = (*reader)->message(opened->reply.key, 2, 1);
  BOOST_REQUIRE(to.has_value());
  BOOST_TEST(to->flags == flag::flagged);
  BOOST_TEST((to->unique == from->unique));
  BOOST_TEST(to->internal_date == from->internal_date);
  const auto folder = (*reader)->folder(opened->reply.key, 2);
  BOOST_TEST((keyword_names(*folder, to->keywords) == Texts{"$Forwarded", "other"}));
  BOOST_TEST((bench.texts(2) == Texts{"one"}));
}

BOOST_AUTO_TEST_CASE(a_conditional_store_fails_for_messages_changed_since) {
  Bench bench;
  bench.deliver("one", 1);
  bench.deliver("two", 2);
  Store store;
  store.folder = inbox_folder;
  store.uids = {{1, 2}};
  store.mode = static_cast<std::uint8_t>(FlagMode::add);
  store.flags = flag::seen;
  store.conditional = true;
  const auto opened = bench.open_account();
  const auto reader = IndexReader::open(bench.index->path());
  store.unchanged_since = (*reader)->message(opened->reply.key, inbox_folder, 1)->modseq;
  const auto stored = bench.perform<StoreOperation>(store);
  BOOST_TEST((stored->reply.changed == one(1)));
  BOOST_TEST((stored->reply.failed == one(2)));
}

BOOST_AUTO_TEST_CASE(changes_since_a_modseq_name_what_changed_and_what_went) {
  Bench bench;
  for (unsigned char i = 1; i <= 5; ++i) bench.deliver("m" + std::to_string(i), i);
  const auto opened = bench.open_account();
  const auto reader = IndexReader::open(bench.index->path());
  const AccountKey key = opened->reply.key;
  const Modseq since = (*reader)->folder(key, inbox_folder)->highestmodseq;
  Store store;
  store.folder = inbox_folder;
  store.uids = {{2, 4}};
  store.flags = flag::deleted;
  bench.perform<StoreOperation>(store);
  Expunge expunge;
  expunge.folder = inbox_folder;
  expunge.mode = static_cast<std::uint8_t>(ExpungeMode::deleted_in);
  expunge.uids = {{1, 3}};
  const auto expunged = bench.perform<ExpungeOperation>(expunge);
  BOOST_TEST((expunged->reply.expunged == UidSet{{2, 3}}));
  const auto changes = (*reader)->changes(key, inbox_folder, since);
  BOOST_REQUIRE(changes.has_value());
  BOOST_REQUIRE_EQUAL(changes->changed.size(), 1U);
  BOOST_TEST(changes->changed[0].uid == 4U);
  BOOST_TEST((changes->expunged == UidSet{{2, 3}}));
  BOOST_TEST(changes->complete_to == expunged->reply.modseq);
  BOOST_TEST(changes->folder.deleted == 1U);
  bench.reopen(true);
  bench.open_account();
  const auto anew = IndexReader::open(bench.index->path());
  const auto again = (*anew)->changes(key, inbox_folder, since);
  BOOST_TEST((again->expunged == UidSet{{2, 3}}));
  BOOST_TEST(again->complete_to == expunged->reply.modseq);
}

BOOST_AUTO_TEST_CASE(files_and_folders_of_other_programs_are_taken_in) {
  Bench bench;
  bench.deliver("ours", 1);
  const std::string maildir = bench.account_path() + "/Maildir";
  put_file(maildir + "/new/1780000000.M1.bench", "fresh\nline\n");
  put_file(maildir + "/cur/1780000001.M2.bench:2,FS", "old");
  for (const char* const part : {"/.Work", "/.Work/cur"}) std::filesystem::create_directory(maildir + part);
  put_file(maildir + "/.Work/cur/1790000000.M0.bench:2,S", "in a folder");
  BOOST_TEST(bench.open_mailbox()->reply.messages == 3U);
  BOOST_TEST((bench.texts() == Texts{"ours", "fresh\nline\n", "old"}));
  const auto opened = bench.open_account();
  const auto reader = IndexReader::open(bench.index->path());
  const auto row = (*reader)->message(opened->reply.key, inbox_folder, 2);
  BOOST_TEST(row->crlf_size == row->size + 2);
  BOOST_TEST((*reader)->message(opened->reply.key, inbox_folder, 3)->flags == (flag::flagged | flag::seen));
  const auto folders = (*reader)->folders(opened->reply.key);
  BOOST_REQUIRE_EQUAL(folders->size(), 6U);
  BOOST_TEST(folders->back().name == "Work");
  BOOST_TEST(bench.open_mailbox(folders->back().id)->reply.messages == 1U);
  bench.reopen(true);
  BOOST_TEST((bench.texts(folders->back().id) == Texts{"in a folder"}));
}

BOOST_AUTO_TEST_CASE(a_file_taken_away_is_expunged_and_a_renamed_one_has_its_flags_changed) {
  Bench bench;
  bench.deliver("one", 1);
  bench.deliver("two", 2);
  const std::string cur = bench.account_path() + "/Maildir/cur/";
  for (const auto& file : std::filesystem::directory_iterator(cur)) {
    const std::string name = file.path().filename();
    if (name.find("U=1.1,") != std::string::npos) std::filesystem::remove(file.path());
    if (name.find("U=1.2,") != std::string::npos) std::filesystem::rename(file.path(), cur + name + "S");
  }
  bench.clock.now += 60;
  BOOST_TEST(bench.open_mailbox()->reply.messages == 1U);
  BOOST_TEST((bench.texts() == Texts{"two"}));
  const auto opened = bench.open_account();
  const auto reader = IndexReader::open(bench.index->path());
  BOOST_TEST((*reader)->message(opened->reply.key, inbox_folder, 2)->flags == flag::seen);
}

BOOST_AUTO_TEST_CASE(folders_are_created_with_their_parents_renamed_as_trees_and_deleted_for_good) {
  Bench bench;
  bench.deliver("one", 1);
  CreateFolder create;
  create.name = "a/b/c";
  const auto created = bench.perform<CreateFolderOperation>(create);
  BOOST_REQUIRE(created->outcome.has_value());
  BOOST_TEST((bench.perform<CreateFolderOperation>(create)->outcome.error().condition == Condition::exists));
  const FolderId a = created->reply.folder - 2;
  RenameFolder rename;
  rename.folder = a;
  rename.name = "x/y";
  BOOST_REQUIRE(bench.perform<RenameFolderOperation>(rename)->outcome.has_value());
  const auto opened = bench.open_account();
  const auto reader = IndexReader::open(bench.index->path());
  const auto row = (*reader)->folder(opened->reply.key, created->reply.folder);
  BOOST_TEST(row->name == "x/y/b/c");
  BOOST_TEST(row->uidvalidity == created->reply.uidvalidity);
  DeleteFolder remove;
  remove.folder = created->reply.folder;
  BOOST_REQUIRE(bench.perform<DeleteFolderOperation>(remove)->outcome.has_value());
  BOOST_TEST(!std::filesystem::exists(bench.account_path() + "/Maildir/.a.b.c"));
  BOOST_TEST(!(*reader)->folder(opened->reply.key, created->reply.folder).has_value());
  create.name = "a/b/c";
  const auto anew = bench.perform<CreateFolderOperation>(create);
  BOOST_TEST(anew->reply.uidvalidity > created->reply.uidvalidity);
  BOOST_TEST(anew->reply.folder > created->reply.folder);
  RenameFolder inbox;
  inbox.folder = inbox_folder;
  inbox.name = "old mail";
  BOOST_REQUIRE(bench.perform<RenameFolderOperation>(inbox)->outcome.has_value());
  BOOST_TEST(bench.texts().empty());
}

BOOST_AUTO_TEST_CASE(a_full_quota_refuses_append_and_copy_but_not_a_delivery_already_accepted) {
  Bench bench;
  bench.deliver("12345", 1);
  MayAccept may;
  may.quota.bytes = 10;
  may.size = 6;
  BOOST_TEST(!bench.perform<MayAcceptOperation>(may)->reply.accepted);
  may.size = 11;
  BOOST_TEST(bench.perform<MayAcceptOperation>(may)->reply.too_big_for_quota);
  may.size = 4;
  BOOST_TEST(bench.perform<MayAcceptOperation>(may)->reply.accepted);
  Copy copy;
  copy.source = inbox_folder;
  copy.target = 2;
  copy.uids = one(1);
  copy.quota.messages = 1;
  BOOST_TEST((bench.perform<CopyOperation>(copy)->outcome.error().condition == Condition::over_quota));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
