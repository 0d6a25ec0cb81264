// SPDX-License-Identifier: Apache-2.0
// Runner: takes messages when they are due, asks the directory what each recipient means, delivers locally, hands the
// rest to destinations, and ends what is done. Bounded: messages worked on at once, attempts at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "delivery/expansion.h"
#include "loop/task_group.h"
#include "queue/daemon/local.h"
#include "queue/daemon/notices.h"
#include "queue/schedule.h"

namespace mailtree::queue {

class Runner {
 public:
  explicit Runner(Services& services);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Puts a message into the schedule: at once, or when its recipients are due.
  void take_up(const EntryRef& entry);
  // Open recipients are due now, whatever their back-off; with `domain`, those of that domain. False: nothing open.
  bool flush(const EntryRef& entry, const std::string& domain);
  void forget_dead(const std::string& domain);  // empty = all

  // Serves the schedule until stop().
  loop::Task<void> run();
  // Takes nothing new; waits for what runs. What cannot end in time is noted, so that it does not count as a crash.
  loop::Task<void> stop(loop::Deadline deadline);

  static constexpr std::size_t max_messages_at_once = 64;
  static constexpr std::size_t max_recipients_of_attempt = 100;  // RFC 5321 section 4.5.3.1.8

 private:
  using Time = Clock::Monotonic;
  struct Round;  // what one look at a message has found out

  loop::Task<void> process(EntryRef entry);
  loop::Task<void> work(EntryRef entry);
  loop::Task<void> resolve(EntryRef entry, Index index, Round& round);
  void take_step(Entry& entry, Index index, delivery::Step step, Round& round);
  loop::Task<void> deliver_round(EntryRef entry, Round& round);
  void hand_to_destinations(const EntryRef& entry, Round& round);
  loop::Task<void> conclude(EntryRef entry);
  loop::Task<void> run_unit(Destinations::Start start);
  loop::Task<Destinations::Verdict> attempt(EntryRef entry, Destinations::Start start, std::vector<Record>& records);
  loop::Task<void> end_unit(EntryRef entry, std::vector<Index> recipients, std::vector<Record> records);

  struct Setback {
    std::string status, reply, remote;
    bool keep = false;  // held by the directory: does not expire
    bool ours = false;  // a part of this server is missing: tried again soon
  };
  // A temporary outcome becomes a pause, or the end if the message is too old.
  Record put_off(Entry& entry, Index index, Setback setback);
  void release(Entry& entry, const Unit& unit, Time until);
  void start_due();
  void schedule(const EntryRef& entry);
  [[nodiscard]] std::vector<Index> due_recipients(const Entry& entry, Time now) const;

  Services& services_;
  Notifier notifier_;
  delivery::ExpansionLimits expansion_;
  Backoff backoff_;
  std::chrono::seconds lifetime_;
  Destinations destinations_;
  Calendar calendar_, tombstones_;
  loop::TaskGroup tasks_;
  loop::Signal wake_;
  Turnstile suspects_;
  std::size_t working_ = 0;
  bool stopping_ = false;
};

}  // namespace mailtree::queue
