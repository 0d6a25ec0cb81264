// SPDX-License-Identifier: Apache-2.0
// What an operator is told when files, log and index disagree, and that rebuild makes them agree without losing mail.
#include "store/daemon/operations/inspection.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "log/log.h"
#include "store/daemon/account_list.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

using test::Bench;
using Texts = std::vector<std::string>;
namespace fs = std::filesystem;

struct Quiet {
  Quiet() {
    log::set_sink([](std::string_view) {});
  }
  ~Quiet() { log::set_sink(nullptr); }
};

InspectAccount::Reply inspect(Bench& bench, Depth depth, const std::string& folder = {}) {
  InspectAccount request;
  request.depth = static_cast<std::uint8_t>(depth);
  request.folder = folder;
  request.account = test::ann();
  request.account.entry_uuid.clear();
  const auto operation = std::make_shared<InspectOperation>(request);
  bench.run({operation});
  BOOST_TEST_REQUIRE(operation->outcome.has_value());
  return operation->reply;
}

std::set<std::string> kinds(const InspectAccount::Reply& reply) {
  std::set<std::string> found;
  for (const Finding& finding : reply.findings) found.insert(finding.kind);
  return found;
}

std::string cur(const Bench& bench) {
  return bench.account_path() + "/Maildir/cur/";
}

// The file of the message with this uid in INBOX.
std::string file_of(const Bench& bench, int uid) {
  for (const auto& file : fs::directory_iterator(cur(bench))) {
    if (file.path().string().find(",U=1." + std::to_string(uid) + ",") != std::string::npos) return file.path();
  }
  return {};
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

using Kinds = std::set<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(inspection, Quiet)

BOOST_AUTO_TEST_CASE(an_account_in_order_has_no_findings_and_its_facts_are_those_of_the_log) {
  Bench bench;
  bench.deliver("one", 1);
  bench.deliver("second", 2);
  bench.open_account();
  const auto reply = inspect(bench, Depth::check);
  BOOST_TEST(reply.exists);
  BOOST_TEST(reply.entry_uuid == test::ann().entry_uuid);
  BOOST_TEST(reply.indexed);
  BOOST_TEST(kinds(reply).empty());
  BOOST_TEST(reply.totals.messages == 2U);
  BOOST_TEST(reply.totals.bytes == 9U);
  BOOST_TEST(reply.folders.size() == 5U);
  BOOST_TEST(reply.log_octets == fs::file_size(bench.account_path() + "/log"));
}

BOOST_AUTO_TEST_CASE(what_is_missing_damaged_foreign_or_renamed_is_told_and_nothing_is_changed) {
  Bench bench;
  for (unsigned char n = 1; n <= 4; ++n) bench.deliver("text " + std::to_string(n), n);
  bench.open_account();
  bench.open_mailbox();
  fs::remove(file_of(bench, 1));
  write(file_of(bench, 2), "cut");
  fs::rename(file_of(bench, 3), file_of(bench, 3) + "F");
  write(bench.account_path() + "/Maildir/new/1.foreign", "dropped");
  fs::create_directories(bench.account_path() + "/Maildir/.Other/cur");
  const Kinds wanted{"missing", "damaged", "foreign", "renamed", "folder"};
  BOOST_TEST((kinds(inspect(bench, Depth::check)) == wanted));
  BOOST_TEST((kinds(inspect(bench, Depth::check)) == wanted));
  BOOST_TEST(inspect(bench, Depth::check, "Sent").found == 0U);
  BOOST_TEST(fs::exists(bench.account_path() + "/Maildir/new/1.foreign"));
  BOOST_TEST(inspect(bench, Depth::stat).totals.messages == 4U);
}

BOOST_AUTO_TEST_CASE(rebuild_takes_in_keeps_aside_and_leaves_every_other_message_as_it_was) {
  Bench bench;
  for (unsigned char n = 1; n <= 4; ++n) bench.deliver("text " + std::to_string(n), n);
  bench.open_account();
  const auto before = inspect(bench, Depth::stat, "INBOX").folders.front();
  fs::remove(file_of(bench, 1));
  write(file_of(bench, 2), "cut");
  write(bench.account_path() + "/Maildir/new/1.foreign", "dropped");
  const auto told = inspect(bench, Depth::rebuild);
  BOOST_TEST((kinds(told) == Kinds{"missing", "damaged", "foreign"}));
  BOOST_TEST((bench.texts() == Texts{"text 3", "text 4", "dropped"}));
  const auto after = inspect(bench, Depth::check);
  BOOST_TEST(kinds(after).empty());
  BOOST_TEST(after.aside == 1U);
  const FolderFacts inbox = inspect(bench, Depth::stat, "INBOX").folders.front();
  BOOST_TEST(inbox.uidvalidity == before.uidvalidity);
  BOOST_TEST(inbox.uidnext == before.uidnext + 1);
  bench.reopen(true);
  BOOST_TEST((bench.texts() == Texts{"text 3", "text 4", "dropped"}));
}

BOOST_AUTO_TEST_CASE(a_row_that_differs_is_told_and_rebuild_makes_it_right) {
  Bench bench;
  bench.deliver("one", 1);
  bench.open_account();
  // The rows of a state in which the message is flagged, which the log does not know.
  AccountState other;
  other.name = test::ann();
  Folder& inbox = other.folders[inbox_folder];
  inbox.id = inbox_folder;
  inbox.name = "INBOX";
  Message message;
  message.uid = 7;
  inbox.messages.push_back(message);
  BOOST_REQUIRE(bench.index->publish_all({account_key(test::ann()), account_place(test::ann()).path()}, other, {}));
  BOOST_TEST((kinds(inspect(bench, Depth::check)) == Kinds{"index"}));
  inspect(bench, Depth::rebuild);
  BOOST_TEST(inspect(bench, Depth::check).found == 0U);
  BOOST_TEST((bench.texts() == Texts{"one"}));
}

BOOST_AUTO_TEST_CASE(an_operators_question_makes_no_account_and_gives_none_a_new_owner) {
  Bench bench;
  BOOST_TEST(!inspect(bench, Depth::rebuild).exists);
  BOOST_TEST(!fs::exists(bench.account_path()));
  bench.deliver("one", 1);
  bench.reopen(true);
  fs::remove(bench.account_path() + "/log");
  InspectAccount request;
  request.account = {"alpha.test", "ann", {}};
  const auto operation = std::make_shared<InspectOperation>(request);
  bench.run({operation});
  BOOST_TEST(!operation->outcome.has_value());
  BOOST_TEST((bench.texts() == Texts{"one"}));  // its user comes, and it is hers
}

BOOST_AUTO_TEST_CASE(all_accounts_are_listed_once_however_long_their_names_are) {
  Bench bench;
  const std::string very_long(300, 'x');
  std::set<std::string> made;
  for (const std::string& uid : {std::string("ann"), std::string("B%.o b"), very_long}) {
    for (const char* const domain : {"alpha.test", "beta.test"}) {
      const AccountName name{domain, uid, "uuid"};
      BOOST_REQUIRE(create_account(*bench.partition, account_place(name), name, 1));
      made.insert(std::string(domain) + " " + (uid == "B%.o b" ? "b%.o b" : uid));
    }
  }
  fs::create_directories(bench.directory.path() + "/alpha.test/aa/.new-0011");
  std::set<std::string> listed;
  ListAccounts request;
  request.limit = 1;
  std::size_t sum = 0;
  for (int page = 0; page < 10; ++page) {
    const auto reply = list_accounts(bench.disk, bench.partition->directory(), request);
    BOOST_TEST_REQUIRE(reply.has_value());
    for (const AccountName& name : reply->accounts) listed.insert(name.domain + " " + name.uid);
    sum += reply->accounts.size();
    request.after = reply->next;
    if (request.after.empty()) break;
  }
  BOOST_TEST((listed == made));
  BOOST_TEST(sum == made.size());
  request.after.clear();
  request.limit = 100;
  request.domain = "beta.test";
  BOOST_TEST(list_accounts(bench.disk, bench.partition->directory(), request)->accounts.size() == 3U);
  request.domain = "nowhere.test";
  BOOST_TEST(list_accounts(bench.disk, bench.partition->directory(), request)->accounts.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
