// SPDX-License-Identifier: Apache-2.0
// Every call to the disk of every kind of change fails once with every error, alone and with all calls after it: an OK
// is never wrong, a refused change is absent or whole, and the account goes on.
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iostream>
#include <map>

#include "log/log.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

using test::Bench;
using Fault = test::FailingDisk::Fault;
using Mode = test::FailingDisk::Mode;

// What a user sees of the account: folder name -> uidvalidity and, in the order of the uids, text and flags.
struct Seen {
  std::uint32_t uidvalidity = 0;
  std::vector<std::string> messages;
};
using View = std::map<std::string, Seen>;

std::ostream& operator<<(std::ostream& out, const View& view) {
  for (const auto& [name, folder] : view) {
    out << name << ':';
    for (const std::string& message : folder.messages) out << ' ' << message;
    out << "; ";
  }
  return out;
}

constexpr FolderId sent = 2;
constexpr FolderId work = 6;  // made by set_up()

UidSet uids(Uid first, Uid last) {
  return {{first, last}};
}

void set_up(Bench& bench) {
  bench.deliver("one", 1);
  bench.deliver("two", 2);
  bench.deliver("three", 3);
  CreateFolder create;
  create.name = "Work";
  bench.perform<CreateFolderOperation>(create);
  Copy copy;
  copy.source = inbox_folder;
  copy.target = work;
  copy.uids = uids(1, 1);
  bench.perform<CopyOperation>(copy);
  Store deleted;
  deleted.folder = inbox_folder;
  deleted.uids = uids(2, 2);
  deleted.flags = flag::deleted;
  bench.perform<StoreOperation>(deleted);
}

template <typename Op>
bool done(Bench& bench, const typename Op::Request& request) {
  return bench.perform<Op>(request)->outcome.has_value();
}

// --- What is done to the account -------------------------------------------------------------------------------------

bool deliver(Bench& bench) {
  return bench.deliver("new", 9)->outcome.has_value();
}

bool append(Bench& bench, const std::vector<std::string>& texts) {
  Append request;
  request.account = test::ann();
  request.folder = work;
  ReceivedFiles files;
  for (const std::string& text : texts) {
    AppendMessage message;
    message.size = text.size();
    message.flags = flag::seen;
    request.messages.push_back(message);
    files.push_back(bench.file_with(text));
  }
  const auto operation = std::make_shared<AppendOperation>(request, files);
  bench.run({operation});
  return operation->outcome.has_value();
}

bool append_one(Bench& bench) {
  return append(bench, {"appended"});
}
bool append_three(Bench& bench) {
  return append(bench, {"a", "b", "c"});
}

bool copy(Bench& bench) {
  Copy request;
  request.source = inbox_folder;
  request.target = work;
  request.uids = uids(1, 3);
  return done<CopyOperation>(bench, request);
}

bool move(Bench& bench) {
  Move request;
  request.source = inbox_folder;
  request.target = sent;
  request.uids = uids(1, 2);
  return done<MoveOperation>(bench, request);
}

bool expunge(Bench& bench) {
  Expunge request;
  request.folder = inbox_folder;
  return done<ExpungeOperation>(bench, request);
}

bool change_flags(Bench& bench) {
  Store request;
  request.folder = inbox_folder;
  request.uids = uids(1, 3);
  request.mode = static_cast<std::uint8_t>(FlagMode::add);
  request.flags = flag::flagged;
  request.keywords = {"$Important"};
  return done<StoreOperation>(bench, request);
}

bool create_folder(Bench& bench) {
  CreateFolder request;
  request.name = "Lists/C++";
  request.subscribe = true;
  return done<CreateFolderOperation>(bench, request);
}

bool rename_folder(Bench& bench) {
  RenameFolder request;
  request.folder = work;
  request.name = "Old/Work";
  return done<RenameFolderOperation>(bench, request);
}

bool rename_inbox(Bench& bench) {
  RenameFolder request;
  request.folder = inbox_folder;
  request.name = "Old";
  return done<RenameFolderOperation>(bench, request);
}

bool delete_folder(Bench& bench) {
  DeleteFolder request;
  request.folder = work;
  return done<DeleteFolderOperation>(bench, request);
}

bool open_mailbox(Bench& bench) {
  return bench.open_mailbox()->outcome.has_value();
}

bool show_flags(Bench& bench) {
  return test::show_flags(*bench.account);
}

// Subscriptions to long names that come and go: garbage without a change.
void fill_log(Bench& bench, int count) {
  std::vector<std::shared_ptr<Operation>> all;
  for (int i = 0; i < count; ++i) {
    Subscribe request;
    request.account = test::ann();
    request.name = std::string(990, 'x');
    request.on = i % 2 == 0;
    all.push_back(std::make_shared<SubscribeOperation>(request));
  }
  bench.run(std::move(all));
}

bool rewrite_log(Bench& bench) {
  fill_log(bench, 110);
  return change_flags(bench);
}

bool create_account(Bench& bench) {
  return bench.open_account()->outcome.has_value();
}

struct Scenario {
  const char* name;
  bool new_account;
  bool (*act)(Bench&);
};
constexpr Scenario scenarios[] = {
    {"deliver", false, deliver},
    {"deliver to a new account", true, deliver},
    {"append", false, append_one},
    {"append three", false, append_three},
    {"copy", false, copy},
    {"move", false, move},
    {"expunge", false, expunge},
    {"change flags", false, change_flags},
    {"create a folder", false, create_folder},
    {"rename a folder", false, rename_folder},
    {"rename INBOX", false, rename_inbox},
    {"delete a folder", false, delete_folder},
    {"open a mailbox", false, open_mailbox},
    {"show flags in names", false, show_flags},
    {"rewrite the log", false, rewrite_log},
    {"create an account", true, create_account},
};

// --- What must be true afterwards ------------------------------------------------------------------------------------

View view(Bench& bench, const IndexReader& reader) {
  View all;
  const auto opened = bench.open_account();
  if (!opened->outcome) return {{"account: " + opened->outcome.error().detail, {}}};
  const auto account = reader.account(opened->reply.key);
  const auto folders = reader.folders(opened->reply.key);
  const auto files = MessageFiles::open(bench.account_path());
  if (!account || !folders || !files) return {{"not in the index", {}}};
  loop::RealDisk real;
  for (const FolderRow& folder : *folders) {
    Seen& seen = all[folder.name];
    seen.uidvalidity = folder.uidvalidity;
    const auto rows = reader.messages(opened->reply.key, folder.id, 1, UINT32_MAX);
    for (const MessageRow& row : *rows) {
      const auto file = files->open_message(*account, folder, row);
      std::string text = file ? *loop::read_whole(real, file->get(), 1 << 20) : "missing";
      text += '/' + std::to_string(row.flags);
      for (const std::string& keyword : keyword_names(folder, row.keywords)) text += '/' + keyword;
      seen.messages.push_back(std::move(text));
    }
  }
  for (const std::string& name : account->subscriptions) all["subscribed " + name];
  return all;
}

View view(Bench& bench) {
  const auto reader = IndexReader::open(bench.index->path());
  return view(bench, **reader);
}

// Each folder is looked through first: what a failed change left in the directories must not become mail.
View view_after_scan(Bench& bench) {
  for (const FolderId folder : {FolderId{1}, FolderId{2}, work, FolderId{7}, FolderId{8}}) bench.open_mailbox(folder);
  return view(bench);
}

bool same(const View& one, const View& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(), [](const auto& a, const auto& b) {
    return a.first == b.first && a.second.messages == b.second.messages;
  });
}

// Folders that were there keep their uidvalidity: nobody has to read them anew.
bool same_identity(const View& before, const View& now) {
  return std::all_of(before.begin(), before.end(), [&](const auto& one) {
    const auto found = now.find(one.first);
    return found == now.end() || found->second.uidvalidity == one.second.uidvalidity;
  });
}

// Thousands of small trees: a file system in memory makes and removes them many times faster, and nothing here is about
// the file system's own promises.
std::string in_memory() {
  return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

struct Expected {
  View before;
  View after;
  std::uint64_t calls = 0;
};

View prepare(Bench& bench, const Scenario& scenario) {
  View before;
  if (!scenario.new_account) {
    set_up(bench);
    before = view_after_scan(bench);
  }
  bench.reopen();  // the account is read from disk within the scenario
  bench.disk.count_every_call();
  bench.disk.count_anew();
  return before;
}

Expected rehearse(const Scenario& scenario) {
  Expected expected;
  Bench bench(in_memory());
  expected.before = prepare(bench, scenario);
  BOOST_REQUIRE_MESSAGE(scenario.act(bench), scenario.name);
  expected.calls = bench.disk.calls();
  expected.after = view_after_scan(bench);
  if (scenario.new_account) {
    // What an account shows that an unacknowledged call may have made.
    for (const char* const name : {"INBOX", "Sent", "Drafts", "Trash", "Junk"}) {
      expected.before[name];
      expected.before["subscribed " + std::string(name)];
    }
  }
  return expected;
}

void check_view(const View& found, const Expected& expected, bool acknowledged, const std::string& where) {
  if (acknowledged) {
    BOOST_TEST(same(found, expected.after), where << ": OK, but there is " << found);
  } else {
    BOOST_TEST((same(found, expected.before) || same(found, expected.after)), where << ": there is " << found);
  }
}

// Whether the failing call was a write.
bool fail_at(const Scenario& scenario, const Expected& expected, std::uint64_t call, Mode mode, Fault fault) {
  static constexpr const char* faults[] = {"EIO", "ENOSPC", "EDQUOT", "EMFILE", "short write"};
  const std::string where = std::string(scenario.name) + ", " + faults[static_cast<int>(fault)] + " at call " +
                            std::to_string(call) + (mode == Mode::once ? "" : " and after");
  Bench bench(in_memory());
  const View before = prepare(bench, scenario);
  bench.disk.fail(call, mode, fault);
  const bool acknowledged = scenario.act(bench);
  const bool writing = bench.disk.failed_writing();
  bench.disk.heal();
  const View now = view_after_scan(bench);
  check_view(now, expected, acknowledged, where);
  bench.reopen(true);
  const View later = view_after_scan(bench);
  check_view(later, expected, acknowledged, where + ", after a restart");
  BOOST_TEST((same(now, later) && same_identity(now, later)), where << ": a restart changed " << now << "to " << later);
  BOOST_TEST(same_identity(before, now), where);
  BOOST_TEST(bench.deliver("another", 99)->outcome.has_value(), where);
  BOOST_TEST(view(bench)["INBOX"].messages.back() == "another/0", where);
  return writing;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(disk_failures)

BOOST_AUTO_TEST_CASE(no_error_of_the_disk_at_any_call_makes_an_ok_wrong_or_an_account_unusable) {
  log::set_sink([](std::string_view) {});
  for (const Scenario& scenario : scenarios) {
    const Expected expected = rehearse(scenario);
    BOOST_TEST_MESSAGE(scenario.name << ": " << expected.calls << " calls");
    for (std::uint64_t call = 1; call <= expected.calls; ++call) {
      bool writing = false;
      for (const Fault fault : {Fault::io, Fault::full, Fault::quota, Fault::descriptors}) {
        writing = fail_at(scenario, expected, call, Mode::once, fault);
      }
      if (writing) fail_at(scenario, expected, call, Mode::once, Fault::short_write);
      fail_at(scenario, expected, call, Mode::from_then_on, Fault::io);
      fail_at(scenario, expected, call, Mode::from_then_on, Fault::short_write);
    }
  }
  log::set_sink(nullptr);
}

// A repeated delivery looks through all folders: what it saw in the first is not known yet if it fails at the second.
BOOST_AUTO_TEST_CASE(what_a_look_saw_that_failed_half_way_is_seen_by_the_next) {
  bool reached = true;
  for (std::uint64_t call = 1; reached; ++call) {
    Bench bench(in_memory());
    bench.disk.count_every_call();
    set_up(bench);
    for (const FolderId folder : {inbox_folder, sent, work}) bench.open_mailbox(folder);
    std::ofstream(bench.account_path() + "/Maildir/new/1780000000.1.elsewhere") << "foreign";
    bench.disk.fail(call, Mode::once, Fault::descriptors);
    bench.deliver("new", 9, true);
    reached = bench.disk.calls() >= call;
    bench.disk.heal();
    bench.open_mailbox();
    const std::vector<std::string> texts = bench.texts();
    BOOST_TEST(std::count(texts.begin(), texts.end(), "foreign") == 1, "after a failure at call " << call);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
