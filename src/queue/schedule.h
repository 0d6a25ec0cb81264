// SPDX-License-Identifier: Apache-2.0
// When and where: back-off of a recipient, and how many attempts run at one destination at once. Pure: time comes in,
// decisions go out. A slow or dead destination never holds up another one (RFC 5321 section 4.5.4.1).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/journal.h"

namespace mailtree::queue {

struct Backoff {
  std::chrono::seconds first{300};
  std::chrono::seconds most{4 * 3600};
};

// Pause after the n-th failed attempt (n from 1): doubles up to `most`, then plus or minus a quarter by `random`
// (uniform in 32 bits), so that messages that failed together do not come back together.
std::chrono::milliseconds pause_after(std::uint64_t attempts, const Backoff& backoff, std::uint32_t random);

// One attempt's worth of work: recipients of one message that go to the same destination.
struct Unit {
  std::string queue_id;
  std::vector<Index> recipients;
};

struct DestinationLimits {
  std::size_t first = 2;        // attempts at once at a destination nothing is known of
  std::size_t most = 20;
  std::size_t in_all = 200;     // over all destinations
  std::chrono::seconds dead_first{60};  // pause of a destination that could not be reached: doubles with each failure
  std::chrono::seconds dead_most{3600};
};

class Destinations {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Verdict : std::uint8_t {
    spoke,
    unreachable,
    unknown,  // the attempt did not get as far: says nothing about the destination
  };

  explicit Destinations(DestinationLimits limits) : limits_(limits) {}

  // False: the destination is known dead; nothing was queued and `retry_at()` says when to come again.
  bool add(const std::string& destination, Unit unit, Time now);
  [[nodiscard]] Time retry_at(const std::string& destination) const;

  // Work that may start now: the caller runs it and calls finished().
  struct Start {
    std::string destination;
    Unit unit;
  };
  std::optional<Start> next();
  void finished(const std::string& destination, Verdict verdict, Time now);

  // Units that wait at a destination that has just been found dead: given back, to be put off without an attempt.
  std::vector<Unit> take_waiting(const std::string& destination);
  void forget(const std::string& destination);  // it may be alive again
  void forget_all();

  [[nodiscard]] std::size_t running() const { return running_; }
  [[nodiscard]] std::size_t window(const std::string& destination) const;
  [[nodiscard]] std::size_t known() const { return places_.size(); }

 private:
  struct Place {
    std::deque<Unit> waiting;
    std::size_t running = 0;
    double window = 0;       // grows by one a window of successes
    std::uint32_t failures = 0;
    Time dead_until{};
    bool listed = false;     // in turn_
  };
  void list(const std::string& destination, Place& place);
  void drop_if_idle(const std::string& destination, Time now);

  DestinationLimits limits_;
  std::unordered_map<std::string, Place> places_;
  std::deque<std::string> turn_;  // destinations with waiting work, served in turn
  std::size_t running_ = 0;
};

// Messages by the time they are due again.
class Calendar {
 public:
  using Time = std::chrono::steady_clock::time_point;
  void put(const std::string& queue_id, Time due);  // replaces an earlier entry
  void remove(const std::string& queue_id);
  std::optional<std::string> take_due(Time now);
  [[nodiscard]] std::optional<Time> first() const;
  [[nodiscard]] std::size_t size() const { return due_.size(); }

 private:
  std::set<std::pair<Time, std::string>> order_;
  std::unordered_map<std::string, Time> due_;
};

}  // namespace mailtree::queue
