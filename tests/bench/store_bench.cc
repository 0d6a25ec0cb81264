// SPDX-License-Identifier: Apache-2.0
// store_bench: makes partitions of any size and puts stored under load through its socket. Driven by tests/bench/store.
//   store_bench populate DIR DOMAINS USERS MESSAGES
//   store_bench fill ACCOUNT_DIRECTORY MESSAGES
//   store_bench load SOCKET touch|deliver|list DOMAINS USERS COUNT WAITING   -> rate and latencies in one line
//   store_bench disk DIR WAITING SECONDS                                     -> what the disk does without a server
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/ascii.h"
#include "bench/store_populate.h"
#include "loop/loop.h"
#include "loop/task_group.h"
#include "store/client.h"
#include "support/run_task.h"

namespace mailtree::bench {
namespace {

using loop::Deadline;
using loop::Task;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds patience{120};
constexpr std::size_t message_octets = 4096;

struct Load {
  std::string operation;
  std::uint32_t domains = 1;
  std::uint32_t users = 1;
  std::uint32_t count = 1;
  std::uint32_t waiting = 1;
};

class Runner {
 public:
  Runner(loop::Loop& loop, const std::string& socket, const Load& load)
      : loop_(loop), client_(loop, socket), load_(load), random_(std::random_device()()), text_(message_octets, 'x') {
    const std::string head = "From: a@example.org\r\nSubject: load\r\n\r\n";
    text_.replace(0, head.size(), head);
  }

  Task<void> run() {
    [[maybe_unused]] const int frame = 0;
    loop::TaskGroup group(loop_);
    const auto begin = Clock::now();
    for (std::uint32_t i = 0; i < load_.waiting; ++i) group.spawn(work());
    const auto done = co_await group.wait(Deadline::never());
    static_cast<void>(done);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::sort(times_.begin(), times_.end());
    const auto at = [this](double part) {
      return times_.empty() ? 0.0 : times_[static_cast<std::size_t>(part * static_cast<double>(times_.size() - 1))];
    };
    std::printf("rate=%.1f median_ms=%.3f p99_ms=%.3f worst_ms=%.3f done=%zu failed=%u rows=%llu\n",
                static_cast<double>(times_.size()) / seconds, at(0.5), at(0.99), at(1.0), times_.size(), failed_,
                static_cast<unsigned long long>(rows_));
  }

  [[nodiscard]] bool good() const { return failed_ == 0; }

 private:
  Task<void> work() {
    [[maybe_unused]] const int frame = 0;
    while (started_ < load_.count) {
      ++started_;
      const store::AccountName account = account_name(static_cast<std::uint32_t>(random_() % load_.domains),
                                                      static_cast<std::uint32_t>(random_() % load_.users));
      const auto begin = Clock::now();
      bool good = false;
      if (load_.operation == "deliver") {
        good = co_await deliver(account);
      } else {
        good = co_await look(account, load_.operation == "list");
      }
      if (good) {
        times_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
      } else {
        ++failed_;
      }
    }
  }

  bool fail(const Error& error) {
    std::fprintf(stderr, "store_bench: %s\n", error.detail.c_str());
    return false;
  }

  Task<bool> look(store::AccountName account, bool list) {
    store::OpenAccount open;
    open.account = account;
    const auto opened = co_await client_.call(open, Deadline::after(patience));
    if (!opened) co_return fail(opened.error());
    if (!list) co_return true;
    store::OpenMailbox mailbox;
    mailbox.account = account;
    mailbox.folder = store::inbox_folder;
    const auto answer = co_await client_.call(mailbox, Deadline::after(patience));
    if (!answer) co_return fail(answer.error());
    const auto index = readers_.get(opened->index_path);
    if (!index) co_return fail(index.error());
    const auto folders = (*index)->folders(opened->key);
    if (!folders) co_return fail(folders.error());
    const auto visit = [this](const store::MessageRow&) {
      ++rows_;
      return true;
    };
    const auto walked = (*index)->for_each(opened->key, store::inbox_folder, 1, UINT32_MAX, visit);
    if (!walked) co_return fail(walked.error());
    kept_ = *index;  // as a session does
    co_return true;
  }

  Task<bool> deliver(store::AccountName account) {
    [[maybe_unused]] const int frame = 0;
    auto file = co_await client_.new_message_file(text_.size(), Deadline::after(patience));
    if (!file) co_return fail(file.error());
    if (pwrite(file->get(), text_.data(), text_.size(), 0) != static_cast<ssize_t>(text_.size())) co_return false;
    store::Deliver request;
    for (unsigned char& octet : request.transaction) octet = static_cast<unsigned char>(random_());
    request.size = text_.size();
    store::DeliverRecipient recipient;
    recipient.account = std::move(account);
    request.recipients.push_back(std::move(recipient));
    const auto answer = co_await client_.deliver(request, file->get(), Deadline::after(patience));
    if (!answer) co_return fail(answer.error());
    const bool delivered = !answer->results.empty() && answer->results.front().delivered;
    co_return delivered;
  }

  loop::Loop& loop_;
  store::Client client_;
  const Load load_;
  std::mt19937_64 random_;
  std::string text_;
  store::IndexReaders readers_;
  std::shared_ptr<store::IndexReader> kept_;
  std::vector<double> times_;  // milliseconds
  std::uint32_t started_ = 0;
  unsigned failed_ = 0;
  std::uint64_t rows_ = 0;
};

using Step = std::function<bool(unsigned thread, std::uint64_t round)>;

// How often a second `waiting` threads can do it, each for itself.
double rate_of(unsigned waiting, double seconds, const Step& step) {
  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < waiting; ++i) {
    threads.emplace_back([&, i] {
      for (std::uint64_t round = 0; !stop && step(i, round); ++round) ++done;
    });
  }
  const auto begin = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - begin).count();
}

int report(const Result<void>& outcome) {
  if (outcome) return 0;
  std::fprintf(stderr, "store_bench: %s\n", outcome.error().detail.c_str());
  return 1;
}

// What a log costs and nothing else: each thread appends to a file of its own and waits for the disk.
double synced_writes_a_second(const std::string& directory, unsigned waiting, double seconds) {
  std::vector<UniqueFd> files;
  for (unsigned i = 0; i < waiting; ++i) {
    files.emplace_back(open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  }
  const std::string octets(message_octets, 'x');
  return rate_of(waiting, seconds, [&](unsigned thread, std::uint64_t round) {
    const int file = files[thread].get();
    const auto at = static_cast<off_t>(round * octets.size());
    return pwrite(file, octets.data(), octets.size(), at) > 0 && fdatasync(file) == 0;
  });
}

// What any delivery into a Maildir costs: create, sync, rename, sync the directory.
double synced_files_a_second(const std::string& directory, unsigned waiting, double seconds) {
  const std::string folder = directory + "/files-of-the-bench";
  mkdir(folder.c_str(), 0700);
  std::vector<UniqueFd> folders;
  for (unsigned i = 0; i < 100; ++i) {
    const std::string one = folder + "/" + std::to_string(i);
    mkdir(one.c_str(), 0700);
    folders.emplace_back(open(one.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  }
  const std::string octets(message_octets, 'x');
  const double rate = rate_of(waiting, seconds, [&](unsigned thread, std::uint64_t round) {
    const int at = folders[(thread * 31 + round) % folders.size()].get();
    const std::string name = std::to_string(thread) + "." + std::to_string(round);
    const UniqueFd file(openat(at, (name + ".tmp").c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600));
    return file && write(file.get(), octets.data(), octets.size()) > 0 && fdatasync(file.get()) == 0 &&
           renameat(at, (name + ".tmp").c_str(), at, name.c_str()) == 0 && fsync(at) == 0;
  });
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return rate;
}

std::uint32_t number(const std::string& text) {
  return ascii::number<std::uint32_t>(text).value_or(0);
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 5 && words[0] == "populate") {
    Population population;
    population.domains = number(words[2]);
    population.users = number(words[3]);
    population.messages = number(words[4]);
    return report(populate(words[1], population));
  }
  if (words.size() == 3 && words[0] == "fill") return report(fill(words[1], number(words[2]), message_octets));
  if (words.size() == 4 && words[0] == "disk") {
    const double seconds = number(words[3]);
    const double writes = synced_writes_a_second(words[1], number(words[2]), seconds);
    std::printf("writes=%.1f files=%.1f\n", writes, synced_files_a_second(words[1], number(words[2]), seconds));
    return 0;
  }
  if (words.size() != 7 || words[0] != "load") {
    std::fprintf(stderr, "usage: see the head of tests/bench/store_bench.cc\n");
    return 64;
  }
  const Load load{words[2], number(words[3]), number(words[4]), number(words[5]), number(words[6])};
  loop::Loop loop;
  bool good = false;
  {
    Runner runner(loop, words[1], load);
    test::run_to_end(loop, runner.run());
    good = runner.good();
  }
  for (int i = 0; i < 3; ++i) loop.run_once();  // closing handles need a turn
  return good ? 0 : 1;
}

}  // namespace
}  // namespace mailtree::bench

int main(int argc, char** argv) {
  return mailtree::bench::run(std::vector<std::string>(argv + 1, argv + argc));
}
