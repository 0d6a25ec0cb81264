// SPDX-License-Identifier: Apache-2.0
// The sums of domains: exact after an orderly stop, an estimate after a crash until all accounts were counted, and
// right whatever happens while they are counted.
#include "store/daemon/usage.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>
#include <random>

#include "log/log.h"
#include "loop/listen_socket.h"
#include "store/client.h"
#include "store/daemon/server.h"
#include "support/run_task.h"
#include "unit/store/fixtures.h"

namespace mailtree::store {
namespace {

using loop::Deadline;
using loop::Task;

// A domain that changes at random while it is counted.
class Changing {
 public:
  explicit Changing(unsigned seed) : random_(seed) {
    for (int i = 0; i < 12; ++i) change();
  }

  void change() {
    static const char* const buckets[] = {"0a", "5b", "c7"};
    const AccountPlace place{"a.test", buckets[random_() % 3], std::string(1, static_cast<char>('a' + random_() % 8))};
    Totals& totals = accounts_[place.bucket][place.leaf];
    const Totals before = totals;
    if (random_() % 2 == 0) {
      totals = {before.bytes + random_() % 1000, before.messages + 1};
    } else {
      totals = {before.bytes / 2, before.messages / 2};
    }
    usage.change(place, before, totals);
  }
  void some_changes() {
    for (auto count = random_() % 4; count > 0; --count) change();
  }

  void count() {
    usage.begin_domain("a.test");
    some_changes();
    const auto buckets = names(accounts_);
    some_changes();
    usage.set_buckets(buckets);
    some_changes();
    while (const auto bucket = usage.begin_bucket()) {
      some_changes();
      const auto there = names(accounts_[*bucket]);
      some_changes();
      for (const std::string& account : usage.set_accounts(there)) {
        some_changes();
        usage.counted(account, accounts_[*bucket][account]);
      }
      some_changes();
    }
    usage.end_domain(true);
  }

  [[nodiscard]] Totals truth() const {
    Totals sum;
    for (const auto& [bucket, accounts] : accounts_) {
      for (const auto& [name, totals] : accounts) {
        sum.bytes += totals.bytes;
        sum.messages += totals.messages;
      }
    }
    return sum;
  }

  Usage usage;

 private:
  template <typename Map>
  static std::vector<std::string> names(const Map& map) {
    std::vector<std::string> all;
    for (const auto& [name, value] : map) all.push_back(name);
    return all;
  }
  std::mt19937 random_;
  std::map<std::string, std::map<std::string, Totals>> accounts_;
};

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// stored with a client, to be started again and again on the same partition.
struct World {
  World() {
    log::set_sink([](std::string_view) {});
    if (!Partition::create(disk, directory.path())) std::abort();
  }
  ~World() { log::set_sink(nullptr); }

  // What a test sees while stored serves.
  struct Running {
    World& world;
    loop::Loop& loop;
    Server& server;
    Client& client;
  };

  // Starts stored, runs `then`, stops stored in order.
  void serve(Task<void> (*then)(Running)) {
    loop::Loop loop;
    loop::WorkerPool pool(loop, 4);
    ServerOptions options;
    options.partition_path = directory.path();
    options.index_directory = directory.path() + "/index";
    options.host_name = "host.test";
    options.index_map_bytes = std::size_t{256} << 20;
    Server server(loop, pool, options);
    if (!server.open()) std::abort();
    std::filesystem::remove(directory.path() + "/socket");
    auto listening = loop::listen_unix(directory.path() + "/socket", 0600);
    exact_at_start = server.partition().usage().is_exact();
    server.serve(std::move(*listening));
    auto client = std::make_unique<Client>(loop, directory.path() + "/socket");
    test::run_task(loop, run({*this, loop, server, *client}, then));
    client.reset();
  }

  static Task<void> run(Running running, Task<void> (*then)(Running)) {
    [[maybe_unused]] const int frame = 0;
    co_await then(running);
    co_await running.server.stop(Deadline::after(std::chrono::seconds(10)));
  }

  test::TemporaryDirectory directory;
  loop::RealDisk disk;
  unsigned char transactions = 0;
  bool exact_at_start = false;
};
using Running = World::Running;

Deadline soon() {
  return Deadline::after(std::chrono::seconds(10));
}

Task<void> deliver(Running running, std::string uid, std::string domain, std::size_t size) {
  auto file = co_await running.client.new_message_file(size, soon());
  BOOST_REQUIRE(file.has_value());
  const std::string text(size, 'x');
  BOOST_REQUIRE(running.world.disk.write_at(file->get(), text, 0).has_value());
  Deliver request;
  request.transaction.fill(++running.world.transactions);
  request.size = size;
  DeliverRecipient recipient;
  recipient.account = {domain, uid, "uuid-" + uid};
  request.recipients.push_back(recipient);
  const auto delivered = co_await running.client.deliver(request, file->get(), soon());
  BOOST_REQUIRE(delivered.has_value());
  BOOST_REQUIRE(delivered->results.front().delivered);
}

Task<void> until_exact(Running running) {
  const Deadline deadline = soon();
  while (!running.server.partition().usage().is_exact() && !deadline.has_passed()) {
    co_await loop::sleep(running.loop, std::chrono::milliseconds(5));
  }
  BOOST_TEST(running.server.partition().usage().is_exact());
}

Task<void> nothing(Running) {
  [[maybe_unused]] const int frame = 0;
  co_return;
}

Task<void> deliver_to_three(Running running) {
  [[maybe_unused]] const int frame = 0;
  co_await until_exact(running);
  co_await deliver(running, "ann", "alpha.test", 100);
  co_await deliver(running, "ann", "alpha.test", 20);
  co_await deliver(running, "bob", "alpha.test", 3);
  co_await deliver(running, "eve", "beta.test", 50);
}

void check_sums(Running running) {
  Usage& usage = running.server.partition().usage();
  BOOST_TEST((usage.of("alpha.test") == Totals{123, 3}));
  BOOST_TEST((usage.of("beta.test") == Totals{50, 1}));
}

Task<void> expect_sums(Running running) {
  [[maybe_unused]] const int frame = 0;
  check_sums(running);
  co_return;
}

Task<void> expect_sums_soon(Running running) {
  [[maybe_unused]] const int frame = 0;
  co_await until_exact(running);
  check_sums(running);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(usage)

BOOST_AUTO_TEST_CASE(a_domain_that_changes_at_random_while_it_is_counted_has_the_right_sum_at_the_end) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    Changing domain(seed);
    domain.usage.doubt();
    static_cast<void>(domain.usage.begin());
    domain.count();
    domain.usage.end(true);
    BOOST_REQUIRE_MESSAGE(domain.usage.of("a.test") == domain.truth(), "seed " << seed);
    domain.change();
    BOOST_REQUIRE_MESSAGE(domain.usage.of("a.test") == domain.truth(), "seed " << seed << ", after the count");
  }
}

BOOST_AUTO_TEST_CASE(sums_of_a_process_that_did_not_stop_in_order_are_an_estimate) {
  Usage usage;
  usage.change({"a.test", "00", "ann"}, {}, {10, 1});
  usage.set_full_since("b.test", 77);
  static_cast<void>(usage.begin());
  usage.end(true);
  Usage next;
  BOOST_REQUIRE(next.read(usage.text(4, true), 5).has_value());
  BOOST_TEST(next.is_exact());
  BOOST_TEST((next.of("a.test") == Totals{10, 1}));
  BOOST_TEST(next.full_since("b.test") == 77);
  BOOST_REQUIRE(next.read(usage.text(4, false), 5).has_value());
  BOOST_TEST(!next.is_exact());
  BOOST_REQUIRE(next.read(usage.text(4, true), 6).has_value());  // another process was there in between
  BOOST_TEST(!next.is_exact());
}

BOOST_AUTO_TEST_CASE(a_damaged_file_of_sums_is_not_believed) {
  Usage usage;
  usage.change({"a.test", "00", "ann"}, {}, {10, 1});
  const std::string good = usage.text(4, true);
  Usage next;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    BOOST_TEST(!next.read(bad, 5).has_value());
    BOOST_TEST(!next.read(good.substr(0, i), 5).has_value());
  }
  BOOST_TEST((next.of("a.test") == Totals{}));
}

BOOST_AUTO_TEST_CASE(a_count_rests_three_times_as_long_as_it_works_and_longer_while_others_wait) {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  Pacer pacer({});
  milliseconds rested{0};
  for (int account = 0; account < 100'000; ++account) {
    const milliseconds rest = pacer.rest_after(microseconds(120), false);
    BOOST_TEST_REQUIRE((rest.count() == 0 || rest == milliseconds(5)));
    rested += rest;
  }
  BOOST_TEST(std::abs(rested.count() - 36'000) < 10);  // for 12 s of work
  BOOST_TEST(pacer.rest_after(milliseconds(700), false).count() >= 2100);  // a large account
  BOOST_TEST(pacer.rest_after(microseconds(120), true).count() == 50);
  BOOST_TEST(pacer.rest_after(microseconds(120), false).count() == 0);
}

BOOST_AUTO_TEST_CASE(a_doubt_during_a_count_is_not_forgotten_at_its_end) {
  Usage usage;
  static_cast<void>(usage.begin());
  usage.doubt();
  usage.end(true);
  BOOST_TEST(!usage.is_exact());
}

BOOST_AUTO_TEST_CASE(after_an_orderly_stop_the_sums_are_exact_without_counting_and_there_is_a_ballast) {
  World world;
  world.serve(deliver_to_three);
  BOOST_TEST(std::filesystem::file_size(world.directory.path() + "/ballast") == Ballast::octets);
  world.serve(expect_sums);
  BOOST_TEST(world.exact_at_start);
}

BOOST_AUTO_TEST_CASE(after_a_crash_the_sums_are_counted_anew_and_right) {
  World world;
  world.serve(nothing);
  const std::string path = world.directory.path() + "/usage";
  const std::string early = read(path);
  world.serve(deliver_to_three);
  std::ofstream(path, std::ios::binary) << early;  // what was written before the crash
  world.serve(expect_sums_soon);
  BOOST_TEST(!world.exact_at_start);
  std::filesystem::remove(path);
  world.serve(expect_sums_soon);
  BOOST_TEST(!world.exact_at_start);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
