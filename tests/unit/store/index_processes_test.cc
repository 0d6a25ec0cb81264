// SPDX-License-Identifier: Apache-2.0
// The index between processes: readers that are killed, stopped or left behind by a larger map, writers that are killed
// anywhere, crashes inside LMDB.
#include <sys/resource.h>

#include <thread>

#include "store/index_trouble.h"
#include "unit/store/machine.h"
#include "unit/store/processes.h"

namespace mailtree::store {
namespace {

using test::Child;
using test::large_account;

constexpr Uid many = 20'000;

IndexedAccount numbered(AccountKey key) {
  return {key, "path"};
}

// 0: as many rows as wanted.
int count_rows(const IndexReader& reader, AccountKey key, Uid wanted) {
  Uid rows = 0;
  const auto count = [&rows](const MessageRow&) { return ++rows > 0; };
  const auto folder = reader.for_each(key, inbox_folder, 1, UINT32_MAX, count);
  if (!folder) return folder.error().condition == Condition::unavailable ? 1 : 2;
  return rows == wanted ? 0 : 3;
}

constexpr std::size_t mib = std::size_t{1} << 20;

struct SmallMap : Site {
  Machine machine{path, "a"};
  // Opens and leaves an index that the next start trusts.
  std::string make_index(std::size_t map_bytes, std::size_t most) {
    machine.change = [map_bytes, most](IndexOptions& options) {
      options.map_bytes = map_bytes;
      options.max_map_bytes = most;
    };
    machine.start();
    BOOST_REQUIRE(machine.index->publish_all(numbered(1), large_account(10), {}).has_value());
    const std::string index = machine.index->path();
    machine.stop();
    return index;
  }
  [[nodiscard]] std::uint64_t octets() const { return fs::file_size(machine.index->path() + "/data.mdb"); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(index_processes, SmallMap)

BOOST_AUTO_TEST_CASE(the_map_grows_while_another_process_reads_and_that_one_goes_on) {
  const std::string index = make_index(mib, 64 * mib);
  Child reader([&index](const auto& here) {
    const auto opened = IndexReader::open(index);
    if (!opened || count_rows(**opened, 1, 10) != 0) return 10;
    here();
    const int large = count_rows(**opened, 2, many);
    return large != 0 ? large : count_rows(**opened, 1, 10);
  });
  BOOST_REQUIRE(reader.wait_for_point());
  machine.start();
  BOOST_REQUIRE(machine.index->path() == index);
  BOOST_TEST(machine.index->publish_all(numbered(2), large_account(many), {}).has_value());
  BOOST_TEST(octets() > mib);
  BOOST_TEST(was_logged("store.index.grown"));
  reader.go_on();
  BOOST_TEST(reader.exit_status() == 0);
}

BOOST_AUTO_TEST_CASE(threads_that_publish_while_the_map_grows_lose_nothing) {
  make_index(mib, 64 * mib);
  machine.start();
  const AccountState state = large_account(5000);
  std::vector<std::jthread> writers;
  std::atomic<int> failed{0};
  for (AccountKey key = 10; key < 14; ++key) {
    writers.emplace_back([&, key] {
      if (!machine.index->publish_all(numbered(key), state, {})) ++failed;
    });
  }
  writers.clear();
  BOOST_TEST(failed == 0);
  const auto reader = IndexReader::open(machine.index->path());
  for (AccountKey key = 10; key < 14; ++key) BOOST_TEST(count_rows(**reader, key, 5000) == 0);
}

BOOST_AUTO_TEST_CASE(what_the_index_counts_can_be_asked_while_the_map_grows) {
  make_index(mib, 64 * mib);
  machine.start();
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::jthread asking([&] {
    for (std::uint64_t last = 0; !stop;) {
      const std::uint64_t now = machine.index->transactions();
      if (now < last) ++wrong;
      last = now;
    }
  });
  BOOST_TEST(machine.index->publish_all(numbered(2), large_account(many), {}).has_value());
  stop = true;
  asking.join();
  BOOST_TEST(was_logged("store.index.grown"));
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(a_full_map_shows_an_account_as_it_is_or_not_at_all_and_a_new_one_remembers) {
  make_index(mib, 2 * mib);
  machine.start();
  machine.append("one");
  const FolderRow before = machine.inbox();
  const AccountKey key = account_key(test::ann());
  BOOST_TEST(!machine.index->publish_all(numbered(2), large_account(many), {}).has_value());
  BOOST_TEST(machine.index->is_full());
  const auto reader = IndexReader::open(machine.index->path());
  BOOST_TEST(!(*reader)->account(2).has_value());
  for (int i = 2; i < 40; ++i) {
    machine.append("more");  // mail is never refused for it
    const auto row = (*reader)->folder(key, inbox_folder);
    if (row) {
      BOOST_TEST(row->messages == static_cast<std::uint32_t>(i));
    } else {
      BOOST_TEST((row.error().condition == Condition::unavailable));
    }
  }
  machine.index->give_up();
  BOOST_TEST(!(*reader)->folder(key, inbox_folder).has_value());
  machine.start();
  BOOST_TEST(!machine.index->is_full());
  BOOST_TEST(machine.inbox().messages == 39U);
  BOOST_TEST(machine.inbox().uidvalidity == before.uidvalidity);
}

BOOST_AUTO_TEST_CASE(a_reader_that_was_killed_in_a_read_does_not_make_the_index_grow_for_ever) {
  const std::string index = make_index(64 * mib, 64 * mib);
  Child reader([&index](const auto& here) {
    const auto opened = IndexReader::open(index);
    const auto stand_still = [&here](const MessageRow&) {
      here();
      return true;
    };
    if (opened) static_cast<void>((*opened)->for_each(1, inbox_folder, 1, 1, stand_still));
    return 1;
  });
  BOOST_REQUIRE(reader.wait_for_point());
  machine.start();
  const AccountState state = large_account(1000);
  const auto write = [&] {
    for (int i = 0; i < 40; ++i) BOOST_REQUIRE(machine.index->publish_all(numbered(2), state, {}).has_value());
  };
  write();
  const auto alone = octets();
  reader.kill(SIGKILL);
  write();
  BOOST_TEST(octets() > alone + alone / 2);  // its slot is still taken
  machine.index->check_readers();
  write();
  const auto settled = octets();
  write();
  write();
  BOOST_TEST(octets() == settled);
}

BOOST_AUTO_TEST_CASE(a_reader_that_is_stopped_fills_the_map_at_most_and_finds_a_new_index_when_it_goes_on) {
  const std::string index = make_index(mib, 4 * mib);
  Child reader([&index](const auto& here) {
    const auto opened = IndexReader::open(index);
    int rows = 0;
    const auto stand_still = [&](const MessageRow&) {
      if (++rows == 1) here();
      return true;
    };
    if (!opened || !(*opened)->for_each(1, inbox_folder, 1, UINT32_MAX, stand_still) || rows != 10) return 10;
    return count_rows(**opened, 1, 10);  // 1: unavailable, so that it asks for the account again
  });
  BOOST_REQUIRE(reader.wait_for_point());
  machine.start();
  const AccountState state = large_account(1000);
  for (int i = 0; i < 1000 && !machine.index->is_full(); ++i) {
    static_cast<void>(machine.index->publish_all(numbered(2), state, {}));
  }
  BOOST_TEST(machine.index->is_full());
  machine.index->give_up();
  machine.start();
  BOOST_TEST(machine.index->path() != index);
  BOOST_TEST(machine.index->publish_all(numbered(2), state, {}).has_value());
  reader.go_on();
  BOOST_TEST(reader.exit_status() == 1);
}

BOOST_AUTO_TEST_CASE(a_writer_killed_anywhere_leaves_an_index_that_is_right_or_not_believed) {
  make_index(mib, 64 * mib);
  int trusted = 0;
  std::uint32_t messages = 0;
  for (int round = 0; round < 12; ++round) {
    Child writer([this, round](const auto& here) {
      machine.start();
      const AccountState state = large_account(3000);
      here();
      std::thread killer([round] {
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + 17 * round));
        ::kill(::getpid(), SIGKILL);
      });
      for (;;) {
        machine.append("letter");
        static_cast<void>(machine.index->publish_all(numbered(2), state, {}));
      }
      return 0;
    });
    BOOST_REQUIRE(writer.wait_for_point());
    writer.go_on();
    BOOST_TEST(writer.exit_status() == -SIGKILL);
    machine.start();
    if (machine.has_rows()) ++trusted;
    const FolderRow inbox = machine.inbox();
    BOOST_TEST(machine.contradictions() == 0U, "round " << round);
    const auto reader = IndexReader::open(machine.index->path());
    const int rows = count_rows(**reader, 2, 3000);
    BOOST_TEST((rows == 0 || rows == 1), "round " << round << ": " << rows);
    BOOST_TEST(inbox.messages >= messages);
    messages = inbox.messages;
    machine.stop();
  }
  BOOST_TEST(messages > 0U);
  BOOST_TEST(trusted > 0);  // NOSYNC: what the kernel has is whole
  BOOST_TEST(!was_logged("rolled_back"));
  BOOST_TEST(!was_logged("store.index.aside"));
}

BOOST_AUTO_TEST_CASE(two_crashes_of_readers_within_a_minute_set_the_index_aside_and_one_does_not) {
  const std::string index = make_index(mib, 64 * mib);
  const auto crash = [&index](int signal) {
    Child reader([&index, signal](const auto&) {
      test::be_silent();
      const auto opened = IndexReader::open(index);
      const auto die = [signal](const MessageRow&) {
        ::raise(signal);
        return true;
      };
      if (opened) static_cast<void>((*opened)->for_each(1, inbox_folder, 1, 1, die));
      return 0;
    });
    BOOST_TEST(reader.exit_status() != 0);
  };
  crash(SIGSEGV);
  BOOST_TEST(IndexTrouble::read(index).size() == 1U);
  machine.start();
  BOOST_TEST(machine.index->path() == index);
  crash(SIGABRT);
  BOOST_TEST(machine.index->is_in_trouble());
  machine.start();
  BOOST_TEST(machine.index->path() != index);
  BOOST_TEST(was_logged("store.index.aside"));
  BOOST_TEST(fs::exists(index + ".aside-1/data.mdb"));
}

BOOST_AUTO_TEST_CASE(a_crash_elsewhere_says_nothing_about_the_index) {
  const std::string index = make_index(mib, 64 * mib);
  Child reader([&index](const auto&) {
    test::be_silent();
    const auto opened = IndexReader::open(index);
    if (!opened || count_rows(**opened, 1, 10) != 0) return 0;
    ::raise(SIGSEGV);
    return 0;
  });
  BOOST_TEST(reader.exit_status() != 0);
  BOOST_TEST(IndexTrouble::read(index).empty());
}

BOOST_AUTO_TEST_CASE(pages_cut_off_under_a_reader_are_a_crash_that_is_noted) {
  const std::string index = make_index(mib, 64 * mib);
  Child reader([&index](const auto& here) {
    test::be_silent();
    const auto opened = IndexReader::open(index);
    here();
    return opened ? count_rows(**opened, 1, 10) : 1;
  });
  BOOST_REQUIRE(reader.wait_for_point());
  fs::resize_file(index + "/data.mdb", 8192);
  reader.go_on();
  BOOST_TEST(reader.exit_status() != 0);
  BOOST_TEST(IndexTrouble::read(index).size() == 1U);
}

// As on a full disk: files of this process cannot grow beyond what the index has.
BOOST_AUTO_TEST_CASE(a_disk_without_room_for_the_index_puts_sessions_off_and_takes_mail) {
  machine.start();
  machine.append("one");
  static_cast<void>(machine.inbox());
  machine.stop();
  Child process([this](const auto&) {
    ::signal(SIGXFSZ, SIG_IGN);
    machine.start();
    if (!machine.index->publish_all(numbered(1), large_account(100), {})) return 1;
    const auto room = static_cast<rlim_t>(octets());
    const rlimit less{room, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &less);
    if (machine.index->publish_all(numbered(2), large_account(5000), {})) return 2;
    const auto reader = IndexReader::open(machine.index->path());
    for (std::uint32_t wanted = 2; wanted < 40; ++wanted) {
      if (!machine.try_append("more")) return 3;
      const auto row = (*reader)->folder(account_key(test::ann()), inbox_folder);
      if (row ? row->messages != wanted : row.error().condition != Condition::unavailable) return 4;
      const int other = count_rows(**reader, 2, 5000);
      if (other != 1) return 5;
    }
    const rlimit more{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &more);
    return 0;
  });
  BOOST_TEST(process.exit_status() == 0);
  machine.start();
  BOOST_TEST(machine.inbox().messages == 39U);
  BOOST_TEST(machine.contradictions() == 0U);
}

BOOST_AUTO_TEST_CASE(no_index_at_all_puts_sessions_off_and_takes_mail) {
  machine.start();
  machine.append("one");
  machine.index = IndexWriter::absent();
  machine.account = std::make_unique<Account>(*machine.partition, *machine.index, machine.clock, test::ann());
  const auto opened = machine.perform<OpenAccountOperation>(OpenAccount{});
  BOOST_REQUIRE(!opened->outcome.has_value());
  BOOST_TEST((opened->outcome.error().condition == Condition::unavailable));
  machine.append("two");
  machine.start();
  BOOST_TEST(machine.inbox().messages == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace mailtree::store
