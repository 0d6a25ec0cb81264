// SPDX-License-Identifier: Apache-2.0
// A full disk, a real one where root may mount one: mail can still be deleted, and nothing new takes the room for that.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <optional>

#include "log/log.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

using test::Bench;
using Texts = std::vector<std::string>;

std::vector<std::string>& events() {
  static std::vector<std::string> all;
  return all;
}
bool said(const std::string& event) {
  return std::any_of(events().begin(), events().end(),
                     [&](const std::string& line) { return line.find(event) != std::string::npos; });
}

// A file system of its own in memory, of `octets`, in a mount namespace of this process.
class SmallFileSystem {
 public:
  explicit SmallFileSystem(std::uint64_t octets) {
    if (::geteuid() != 0 || ::unshare(CLONE_NEWNS) != 0) return;
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    const std::string options = "mode=0700,size=" + std::to_string(octets);
    mounted_ = ::mount("tmpfs", place_.path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallFileSystem() {
    if (mounted_) ::umount2(place_.path().c_str(), MNT_DETACH);
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;

  [[nodiscard]] bool works() const { return mounted_; }
  [[nodiscard]] const std::string& path() const { return place_.path(); }

  // To the last block.
  void fill() const {
    const UniqueFd file(::open((path() + "/filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    for (std::string chunk(1 << 20, 'f'); chunk.size() >= 4096;) {
      if (::write(file.get(), chunk.data(), chunk.size()) <= 0) chunk.resize(chunk.size() / 2);
    }
  }
  void clear() const { std::filesystem::remove(path() + "/filler"); }

 private:
  test::TemporaryDirectory place_;
  bool mounted_ = false;
};

// More than fits behind the end of the log without a new block.
std::vector<std::shared_ptr<Operation>> subscriptions(int count) {
  std::vector<std::shared_ptr<Operation>> all;
  for (int i = 0; i < count; ++i) {
    Subscribe request;
    request.account = test::ann();
    request.name = std::string(990, 'x');
    request.on = i % 2 == 0;
    all.push_back(std::make_shared<SubscribeOperation>(request));
  }
  return all;
}

bool append(Bench& bench, std::shared_ptr<UniqueFd> file, std::uint64_t size) {
  Append request;
  request.account = test::ann();
  request.folder = inbox_folder;
  request.messages.resize(1);
  request.messages[0].size = size;
  for (int i = 0; i < 40; ++i) request.messages[0].keywords.push_back(std::string(120, 'k') + std::to_string(i));
  const auto operation =
      std::make_shared<AppendOperation>(request, ReceivedFiles{std::move(file)});
  bench.run({operation});
  return operation->outcome.has_value();
}

bool expunge(Bench& bench, UidSet uids) {
  Expunge request;
  request.folder = inbox_folder;
  request.mode = static_cast<std::uint8_t>(ExpungeMode::exactly);
  request.uids = std::move(uids);
  return bench.perform<ExpungeOperation>(request)->outcome.has_value();
}

struct Listening {
  Listening() {
    events().clear();
    log::set_sink([](std::string_view line) { events().emplace_back(line); });
  }
  ~Listening() { log::set_sink(nullptr); }
};

constexpr std::uint64_t small = std::uint64_t{160} << 20;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ballast, Listening)

BOOST_AUTO_TEST_CASE(on_a_full_disk_nothing_new_is_taken_and_mail_can_still_be_deleted) {
  const SmallFileSystem disk(small);
  if (!disk.works()) {
    BOOST_TEST_MESSAGE("not root, or no mounts here: passed over");
    return;
  }
  Bench bench(disk.path());
  BOOST_REQUIRE(bench.partition->make_ballast().has_value());
  for (unsigned char i = 1; i <= 20; ++i) bench.deliver(std::string(300'000, 'm') + std::to_string(i), i);
  const auto late = bench.file_with("late");
  disk.fill();

  BOOST_TEST(!append(bench, late, 4));
  BOOST_TEST(!said("store.ballast.given_up"));

  const auto several = subscriptions(9);
  bench.run(several);
  for (const auto& one : several) BOOST_TEST(one->outcome.has_value());
  BOOST_TEST(said("store.ballast.given_up"));
  BOOST_TEST(expunge(bench, {{1, 18}}));
  bench.reopen(true);
  bench.open_mailbox();
  BOOST_TEST(bench.texts().size() == 2U);
}

BOOST_AUTO_TEST_CASE(without_a_ballast_the_same_disk_refuses_the_same_change) {
  const SmallFileSystem disk(small);
  if (!disk.works()) return;
  Bench bench(disk.path());
  bench.deliver("one", 1);
  disk.fill();
  const auto several = subscriptions(9);
  bench.run(several);
  BOOST_TEST(!several.front()->outcome.has_value());
  disk.clear();
  BOOST_TEST((bench.texts() == Texts{"one"}));
}

BOOST_AUTO_TEST_CASE(a_log_full_of_garbage_is_rewritten_on_a_full_disk) {
  const SmallFileSystem disk(small);
  if (!disk.works()) return;
  Bench bench(disk.path());
  BOOST_REQUIRE(bench.partition->make_ballast().has_value());
  bench.deliver("one", 1);
  bench.run(subscriptions(60));
  disk.fill();
  bench.run(subscriptions(60));
  BOOST_TEST(said("store.ballast.given_up"));
  BOOST_TEST(std::filesystem::file_size(bench.account_path() + "/log") < 20'000U);
  disk.clear();
  bench.reopen(true);
  BOOST_TEST((bench.texts() == Texts{"one"}));
}

BOOST_AUTO_TEST_CASE(the_ballast_comes_back_when_there_is_room_and_not_before) {
  const SmallFileSystem disk(small);
  if (!disk.works()) return;
  Bench bench(disk.path());
  const std::string path = bench.directory.path() + "/ballast";
  disk.fill();
  BOOST_TEST(!bench.partition->make_ballast().has_value());
  BOOST_TEST((!std::filesystem::exists(path) && !std::filesystem::exists(path + ".new")));
  disk.clear();
  BOOST_TEST(bench.partition->make_ballast().has_value());
  BOOST_TEST(std::filesystem::file_size(path) == Ballast::octets);
  BOOST_TEST(bench.partition->make_ballast().has_value());
  bench.partition->give_up_ballast();
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_AUTO_TEST_CASE(a_ballast_that_cannot_be_made_at_any_call_leaves_nothing_behind) {
  for (std::uint64_t call = 1; call <= 21; ++call) {
    Bench bench;
    bench.disk.fail(call, test::FailingDisk::Mode::once);
    const bool made = bench.partition->make_ballast().has_value();
    bench.disk.heal();
    const std::string path = bench.directory.path() + "/ballast";
    BOOST_TEST(!std::filesystem::exists(path + ".new"), "call " << call);
    BOOST_TEST((!made || std::filesystem::file_size(path) == Ballast::octets), "call " << call);
    BOOST_TEST(bench.partition->make_ballast().has_value());
    BOOST_TEST(std::filesystem::file_size(path) == Ballast::octets);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
