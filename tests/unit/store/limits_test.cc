// SPDX-License-Identifier: Apache-2.0
// Limits of an account: what is just within them works and lasts, what is beyond is refused and says why.
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <string>
#include <vector>

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

// Where 40,000 directories are made in no time.
std::string in_memory() {
  return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

std::shared_ptr<CreateFolderOperation> create(Bench& bench, const std::string& name) {
  CreateFolder request;
  request.name = name;
  return bench.perform<CreateFolderOperation>(request);
}

// As a session lists them.
std::vector<FolderRow> folders(Bench& bench) {
  const auto opened = bench.open_account();
  BOOST_REQUIRE(opened->outcome.has_value());
  const auto rows = (*IndexReader::open(bench.index->path()))->folders(opened->reply.key);
  BOOST_REQUIRE(rows.has_value());
  return *rows;
}

FolderId folder_named(const std::vector<FolderRow>& rows, const std::string& name) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&name](const auto& one) { return one.name == name; });
  return row == rows.end() ? no_folder : row->id;
}

// Levels "1/2/3/...".
std::string levels(std::size_t count) {
  std::string name = "1";
  for (std::size_t level = 2; level <= count; ++level) name += "/" + std::to_string(level);
  return name;
}

std::string repeated(const std::string& text, std::size_t octets) {
  std::string name;
  while (name.size() + text.size() <= octets) name += text;
  return name + std::string(octets - name.size(), '_');
}

// Each gets a message, and is there with it when the index is lost.
void check_lasting(const Texts& names) {
  Bench bench;
  bench.open_account();
  unsigned char transaction = 0;
  for (const std::string& name : names) {
    const auto created = create(bench, name);
    BOOST_REQUIRE_MESSAGE(created->outcome.has_value(), name);
    const auto delivery = bench.make_delivery("to " + name, ++transaction, false, name);
    bench.run({delivery});
    BOOST_TEST(delivery->result.folder == created->reply.folder, name);
  }
  for (const bool index_lost : {false, true}) {
    bench.reopen(index_lost);
    const auto rows = folders(bench);
    for (const std::string& name : names) {
      const FolderId folder = folder_named(rows, name);
      BOOST_REQUIRE_MESSAGE(folder != no_folder, name);
      BOOST_TEST((bench.texts(folder) == Texts{"to " + name}), name);
    }
  }
}

void check_refused(const std::string& name, const std::string& why) {
  Bench bench;
  bench.open_account();
  const auto refused = create(bench, name);
  BOOST_REQUIRE_MESSAGE(!refused->outcome.has_value(), name);
  BOOST_TEST((refused->outcome.error().kind == Kind::permanent));
  BOOST_TEST(refused->outcome.error().reply.find(why) != std::string::npos, refused->outcome.error().reply);
  BOOST_TEST(folders(bench).size() == 5U);
}

std::vector<std::string> keywords(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back("k" + std::to_string(i));
  return all;
}

Result<void> set_keywords(Bench& bench, std::vector<std::string> all) {
  Store store;
  store.folder = inbox_folder;
  store.uids = {{1, 1}};
  store.mode = static_cast<std::uint8_t>(FlagMode::add);
  store.keywords = std::move(all);
  return bench.perform<StoreOperation>(store)->outcome;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(limits, Quiet)

BOOST_AUTO_TEST_CASE(a_folder_may_lie_in_the_thirty_second_level_and_no_deeper) {
  check_lasting({levels(32)});
  check_refused(levels(33), "too deep");
}

BOOST_AUTO_TEST_CASE(a_rename_takes_no_folder_below_the_deepest_level) {
  Bench bench;
  bench.open_account();
  BOOST_REQUIRE(create(bench, levels(31))->outcome.has_value());
  BOOST_REQUIRE(create(bench, "tree/branch/leaf")->outcome.has_value());
  RenameFolder rename;
  rename.folder = folder_named(folders(bench), "tree/branch");
  rename.name = levels(31) + "/branch";
  const auto refused = bench.perform<RenameFolderOperation>(rename);
  BOOST_REQUIRE(!refused->outcome.has_value());
  BOOST_TEST(refused->outcome.error().reply.find("too deep") != std::string::npos);
  bench.reopen(true);
  BOOST_TEST(folder_named(folders(bench), "tree/branch/leaf") != no_folder);
}

BOOST_AUTO_TEST_CASE(names_of_two_hundred_octets_of_any_script_last) {
  Texts names;
  const Texts texts = {"\u00e4\u00f6\u00fc\u00df", "\u65e5\u672c\u8a9e", "\U0001F4EC", "\u05e9\u05dc", "a.b", "..."};
  for (const std::string& text : texts) names.push_back(repeated(text, 200));
  names.push_back(repeated("abcdef/ghij.", 200));
  names.push_back(repeated("'\"\\` $&;|<>(){}[]?!#@^=+,:%*", 200));
  check_lasting(names);
}

BOOST_AUTO_TEST_CASE(names_that_mean_something_to_file_systems_or_to_other_maildir_programs_last) {
  check_lasting({"..x", ".#7", "#5", "#6x", "trailing ", " leading", "a.b", "a/b", "cur", "new/tmp", "log", "aside",
                 "Work", "work", "Sent.", ".Sent", "&AOQ-", "a,S=5:2,S", "~", "-rf", "con",
                 "50 % off", "%", "*", "*/%", "\u00a0", "\u00c2\u00a0"});
}

BOOST_AUTO_TEST_CASE(a_name_may_have_a_thousand_octets) {
  check_lasting({repeated("x", 1000), repeated("\u65e5\u672c\u8a9e/", 301)});
  check_refused(repeated("x", 1001), "too long");
}

// RFC 9051 section 5.1: Net-Unicode, without what that leaves of controls.
BOOST_AUTO_TEST_CASE(names_that_no_client_could_show_or_list_are_refused) {
  check_refused("", "empty");
  for (const char* const name : {"\x01", "a\tb", "a\rb", "a\nb", "a\x1b[0mb", "a\x7f", "\u0085", "a\u009f", "\u2028",
                                 "a\u2029b"}) {
    check_refused(name, "control character");
  }
  for (const char* const name : {"\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80"}) check_refused(name, "not UTF-8");
  for (const char* const name : {"/a", "a/", "a//b"}) check_refused(name, "empty level");
  for (const char* const name : {".", "..", "a/../b", "./a"}) check_refused(name, "dots");
}

BOOST_AUTO_TEST_CASE(a_folder_has_two_hundred_and_fifty_six_keywords_and_refuses_one_more) {
  Bench bench;
  bench.deliver("one", 1);
  BOOST_REQUIRE(set_keywords(bench, keywords(256)).has_value());
  const auto refused = set_keywords(bench, {"another"});
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().condition == Condition::limit));
  BOOST_TEST(refused.error().reply == "Too many keywords");
  BOOST_TEST(set_keywords(bench, {"K255"}).has_value());
  bench.reopen(true);
  const auto rows = folders(bench);
  BOOST_REQUIRE(!rows.empty());
  BOOST_TEST(rows.front().keywords == keywords(256), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_keyword_has_a_hundred_and_twenty_eight_octets_at_most) {
  Bench bench;
  bench.deliver("one", 1);
  BOOST_TEST(set_keywords(bench, {std::string(128, 'k')}).has_value());
  BOOST_TEST(!set_keywords(bench, {std::string(129, 'k')}).has_value());
}

BOOST_AUTO_TEST_CASE(an_account_may_have_ten_thousand_folders_and_rename_them_all_at_once) {
  constexpr int count = 10000;
  constexpr double hang = 120;  // seconds of the processor, under a sanitizer; without one it takes a few
  const std::clock_t begin = std::clock();
  Bench bench(in_memory());
  bench.open_account();
  for (int first = 0; first < count; first += 100) {
    std::vector<std::shared_ptr<Operation>> batch;
    for (int i = first; i < first + 100; ++i) {
      CreateFolder request;
      request.account = test::ann();
      request.name = "List/" + std::to_string(i);
      batch.push_back(std::make_shared<CreateFolderOperation>(request));
    }
    bench.run(batch);
    for (const auto& one : batch) BOOST_REQUIRE(one->outcome.has_value());
  }
  const auto before = folders(bench);
  RenameFolder rename;
  rename.folder = folder_named(before, "List");
  rename.name = "Archive/Lists";
  BOOST_REQUIRE(bench.perform<RenameFolderOperation>(rename)->outcome.has_value());
  for (const bool index_lost : {false, true}) {
    if (index_lost) bench.reopen(true);
    const auto after = folders(bench);
    BOOST_TEST(after.size() == before.size() + 1);  // and "Archive"
    BOOST_TEST(folder_named(after, "List/77") == no_folder);
    for (const int i : {0, 77, count - 1}) {
      const FolderId id = folder_named(before, "List/" + std::to_string(i));
      BOOST_TEST(id != no_folder);
      BOOST_TEST(folder_named(after, "Archive/Lists/" + std::to_string(i)) == id);
    }
  }
  BOOST_TEST(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < hang);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
