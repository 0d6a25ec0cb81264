// SPDX-License-Identifier: Apache-2.0
// Periodic work of stored.
#include "store/daemon/upkeep.h"

#include "log/log.h"

namespace mailtree::store {
namespace {

using loop::Deadline;
using loop::Task;

}  // namespace

Upkeep::Upkeep(loop::Loop& loop, loop::WorkerPool& pool, Accounts& accounts, Partition& partition, UpkeepPlan plan)
    : pool_(pool),
      partition_(partition),
      plan_(plan),
      recount_(loop, pool, accounts, partition, plan.pace),
      naming_(loop, accounts, plan.naming),
      stop_usage_(loop),
      stop_counting_(loop),
      stop_ballast_(loop),
      stop_owning_(loop),
      tasks_(loop) {
  accounts.on_names_behind([this](const AccountName& account) { naming_.add(account); });
}

void Upkeep::load() {
  const auto text = partition_.read(usage_file, max_usage_octets);
  Result<void> done;
  if (text) done = partition_.usage().read(*text, partition_.generation());
  if (!text && !loop::is_missing(text.error())) done = text.error();
  if (done) return;
  log::event(log::Level::warning, "store.usage.unreadable",
             {{"path", partition_.path()}, {"error", done.error().detail}});
}

void Upkeep::start() {
  naming_.start();
  tasks_.spawn(keep_usage());
  tasks_.spawn(keep_counting());
  tasks_.spawn(keep_ballast());
  tasks_.spawn(keep_owning());
}

Task<void> Upkeep::stop(Deadline deadline) {
  [[maybe_unused]] const int frame = 0;
  stopped_ = true;
  recount_.stop();
  stop_usage_.set();
  stop_counting_.set();
  stop_ballast_.set();
  co_await naming_.stop(deadline);
  stop_owning_.set();
  const auto waited = co_await tasks_.wait(deadline);
  static_cast<void>(waited);
}

Task<void> Upkeep::save(bool settled) {
  const std::uint64_t version = partition_.usage().version();
  Partition* const partition = &partition_;
  auto job = [partition, settled] {
    return partition->write(usage_file, partition->usage().text(partition->generation(), settled));
  };
  const auto written = co_await pool_.run(std::move(job));
  if (written) {
    saved_version_ = version;
    co_return;
  }
  log::event(log::Level::warning, "store.usage.failed",
             {{"path", partition_.path()}, {"error", written.error().detail}});
}

Task<void> Upkeep::keep_usage() {
  [[maybe_unused]] const int frame = 0;
  while (!stopped_) {
    const auto woken = co_await stop_usage_.wait(Deadline::after(plan_.usage_every));
    static_cast<void>(woken);
    if (stopped_) break;
    if (partition_.usage().version() != saved_version_) co_await save(false);
  }
}

// A disk without room for it is not worth a word: that it was given up has been said.
Task<void> Upkeep::keep_ballast() {
  Partition* const partition = &partition_;
  while (!stopped_) {
    auto job = [partition] { return partition->make_ballast(); };
    const auto made = co_await pool_.run(std::move(job));
    if (!made && !partition->is_lost() && made.error().condition != Condition::too_big) {
      log::event(log::Level::warning, "store.ballast.failed",
                 {{"path", partition->path()}, {"error", made.error().detail}});
    }
    if (stopped_) break;
    const auto woken = co_await stop_ballast_.wait(Deadline::after(plan_.ballast_look_every));
    static_cast<void>(woken);
  }
}

// On the pool: a file system of several machines may let one wait.
Task<void> Upkeep::keep_owning() {
  Partition* const partition = &partition_;
  while (!stopped_) {
    auto job = [partition] { return partition->check_ours(); };
    const auto ours = co_await pool_.run(std::move(job));
    static_cast<void>(ours);  // it has said so itself
    if (stopped_) break;
    const auto woken = co_await stop_owning_.wait(Deadline::after(plan_.owner_look_every));
    static_cast<void>(woken);
  }
}

Task<void> Upkeep::keep_counting() {
  auto last = std::chrono::steady_clock::time_point::min();
  while (!stopped_) {
    const auto now = std::chrono::steady_clock::now();
    const bool old = last != std::chrono::steady_clock::time_point::min() && now - last >= plan_.recount_every;
    if (!partition_.usage().is_exact() || old) {
      const bool complete = co_await recount_.run();
      last = now;
      if (complete) {
        log::event(log::Level::info, "store.usage.recounted", {{"path", partition_.path()}});
      }
    } else if (last == std::chrono::steady_clock::time_point::min()) {
      last = now;
    }
    if (stopped_) break;
    const auto woken = co_await stop_counting_.wait(Deadline::after(plan_.recount_look_every));
    static_cast<void>(woken);
  }
}

}  // namespace mailtree::store
