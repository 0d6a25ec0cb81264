// SPDX-License-Identifier: Apache-2.0
// Domain by domain, bucket by bucket, account by account.
#include "store/daemon/recount.h"

#include <algorithm>
#include <atomic>
#include <set>

#include "store/daemon/log_frame.h"

namespace mailtree::store {
namespace {

using loop::Disk;
using loop::Task;
using Names = std::vector<std::string>;

// Directories only; an account under construction has a name that no account can have.
Result<Names> directories_in(Disk& disk, int parent, const std::string& path) {
  const auto directory = disk.open(parent, path, Disk::Access::directory);
  if (!directory && loop::is_missing(directory.error())) return Names{};
  if (!directory) return directory.error();
  const auto all = disk.list(directory->get());
  if (!all) return all.error();
  Names names;
  for (const std::string& name : *all) {
    if (name.front() == '.' || name == "lost+found") continue;
    const auto status = disk.status_at(directory->get(), name);
    if (!status && !loop::is_missing(status.error())) return status.error();
    if (status && status->is_directory) names.push_back(name);
  }
  return names;
}

constexpr std::chrono::milliseconds longest_nap{100};  // a stop waits for it

// What a job on the pool leaves for the coroutine that waits for it.
struct Work {
  std::atomic<bool> failed = false;
  std::atomic<std::int64_t> took_ns = 0;
};

// Notes how long it lives.
class Timing {
 public:
  explicit Timing(Work& work) : work_(work) {}
  ~Timing() {
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - begin_;
    work_.took_ns.store(took.count());
  }
  Timing(const Timing&) = delete;
  Timing& operator=(const Timing&) = delete;

 private:
  Work& work_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

std::chrono::milliseconds Pacer::rest_after(std::chrono::nanoseconds took, bool busy) {
  owed_ += took * pace_.rest_factor;
  auto due = std::chrono::floor<std::chrono::milliseconds>(owed_);
  if (due < pace_.rest_least) due = std::chrono::milliseconds(0);
  if (busy) due = std::max(due, pace_.rest_busy);
  owed_ -= std::min<std::chrono::nanoseconds>(owed_, due);
  return due;
}

Result<Totals> Account::totals() const {
  if (loaded_) return loaded_->state.totals;
  Disk& disk = partition_.disk();
  const auto file = disk.open(partition_.directory(), place_.path() + "/" + log_name, Disk::Access::read);
  if (!file && loop::is_missing(file.error())) return Totals{};
  if (!file) return file.error();
  auto octets = loop::read_whole(disk, file->get(), max_log_octets);
  if (!octets) return octets.error();
  const bool doubtful = trusted_ && octets->starts_with(log_preamble(trusted_->log_id));
  if (doubtful && trusted_->octets < octets->size()) octets->resize(static_cast<std::size_t>(trusted_->octets));
  const LogScan scan = scan_log(*octets);
  for (auto frame = scan.frames.rbegin(); frame != scan.frames.rend(); ++frame) {
    if (frame->type != frame_type::commit) continue;
    const auto commit = decode_commit(frame->payload);
    if (!commit) return commit.error();
    return commit->totals;
  }
  return Totals{};
}

Task<Result<Names>> Recount::list(std::string path) {
  Partition* const partition = &partition_;
  const auto work = std::make_shared<Work>();
  auto job = [partition, work, path = std::move(path)] {
    const Timing timing(*work);
    return directories_in(partition->disk(), partition->directory(), path);
  };
  auto names = co_await pool_.run(std::move(job));
  co_await rest(std::chrono::nanoseconds(work->took_ns.load()));
  co_return names;
}

Task<void> Recount::rest(std::chrono::nanoseconds took) {
  auto left = pacer_.rest_after(took, pool_.waiting() != 0);
  while (left.count() > 0 && !stopped_) {
    const auto nap = std::min(left, longest_nap);
    left -= nap;
    co_await loop::sleep(loop_, nap);
  }
}

Task<bool> Recount::run() {
  const Names known = partition_.usage().begin();
  auto there = co_await list(".");
  bool complete = there.has_value();
  std::set<std::string> domains(known.begin(), known.end());
  if (there) domains.insert(there->begin(), there->end());
  for (const std::string& domain : domains) {
    const bool counted = co_await count_domain(domain);
    complete = complete && counted;
    if (stopped_) break;
  }
  partition_.usage().end(complete && !stopped_);
  co_return complete && !stopped_;
}

Task<bool> Recount::count_domain(std::string domain) {
  Usage& usage = partition_.usage();
  usage.begin_domain(domain);
  const auto buckets = co_await list(domain);
  bool complete = buckets.has_value();
  if (buckets) usage.set_buckets(*buckets);
  while (complete && !stopped_) {
    const std::optional<std::string> bucket = usage.begin_bucket();
    if (!bucket) break;
    complete = co_await count_bucket(domain, *bucket);
  }
  complete = complete && !stopped_;
  usage.end_domain(complete);
  co_return complete;
}

Task<bool> Recount::count_bucket(std::string domain, std::string bucket) {
  Usage& usage = partition_.usage();
  const std::string path = domain + "/" + bucket;
  const auto there = co_await list(path);
  if (!there) co_return false;
  const auto work = std::make_shared<Work>();
  for (const std::string& leaf : usage.set_accounts(*there)) {
    auto look = [&usage, leaf, work](const Account& account) {
      const Timing timing(*work);
      const auto totals = account.totals();
      if (totals) usage.counted(leaf, *totals);
      if (!totals) work->failed.store(true);
    };
    AccountPlace place{domain, bucket, leaf};
    co_await accounts_.visit(std::move(place), std::move(look));
    co_await rest(std::chrono::nanoseconds(work->took_ns.load()));
    if (work->failed.load() || stopped_) co_return false;
  }
  co_return true;
}

}  // namespace mailtree::store
