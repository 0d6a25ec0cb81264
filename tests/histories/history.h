// SPDX-License-Identifier: Apache-2.0
// One history: several lives of a partition, each ended by a cut at some call of the disk, with other programs and a
// failing disk in between. All of it follows from the seed.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "histories/generator.h"
#include "histories/judgement.h"
#include "histories/world.h"

namespace mailtree::histories {

enum class Crash { power_cut, kill, failed_call };
constexpr std::size_t crashes = 3;

// How often each call of the disk, in each phase of the work, was reached and was where something happened.
struct Coverage {
  struct Site {
    std::uint64_t reached = 0;
    std::array<std::uint64_t, crashes> crashed{};
  };
  std::map<std::pair<std::string, test::SimulatedDisk::Call>, Site> sites;
};

struct Figures {
  std::uint64_t cuts = 0;
  std::uint64_t kills = 0;
  std::uint64_t failed_calls = 0;
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  std::uint64_t looks = 0;
  std::uint64_t glances = 0;           // at the index, that showed something new
  std::uint64_t deepest_recovery = 0;  // cuts in a row before an account could be looked at
};

class History {
 public:
  History(World& world, std::uint64_t seed, Coverage& coverage, Figures& figures, bool verbose);
  // Lives until the seed ends it, or the first complaint; complaints are returned.
  std::vector<std::string> run();

 private:
  struct Life {
    bool power_cut = false;
    bool clean_stop = false;
    std::uint64_t calls_left = 0;
    std::size_t fail_one_in = 0;  // of the calls; 0 = none
    bool only_syncs_fail = false;
    std::size_t foreign_one_in = 0;
    std::size_t links_impossible_one_in = 0;
  };
  void live();
  Life draw_life();
  test::SimulatedDisk::Verdict at_call(test::SimulatedDisk::Call call);
  void end_life();
  void step(std::size_t account);
  void look(std::size_t account);
  void batch(std::size_t account);
  void watch(std::size_t account);
  // Neither does the disk fail nor another program write, in this life: what is asked for has to succeed.
  [[nodiscard]] bool is_undisturbed() const;
  void settle(std::size_t account, const std::vector<Request>& requests, const std::vector<Reply>& replies);
  void foreign_act();
  void foreign_drop(std::size_t account, std::uint32_t folder);
  void foreign_rename(std::size_t account, std::uint32_t folder);
  void say(const std::string& text) const;

  World& world_;
  const std::uint64_t seed_;
  Coverage& coverage_;
  Figures& figures_;
  const bool verbose_;
  const bool careless_;  // the other programs never sync; then no call fails, since nobody could tell what is lost
  test::Dice dice_;
  test::Dice foreign_dice_;
  test::Dice naming_dice_;
  Generator generator_;
  std::array<Judge, accounts> judges_;
  std::array<std::vector<Request>, accounts> in_flight_;
  std::array<bool, accounts> look_due_{};
  std::array<bool, accounts> looked_{};        // in this life
  std::array<bool, accounts> looked_whole_{};  // and nothing failed
  std::array<std::uint64_t, accounts> cuts_unseen_{};
  Life life_;
  bool looking_ = false;
  std::uint64_t generation_ = 0;
  std::size_t requests_ = 0;
  bool index_is_lost_ = true;
  std::uint64_t foreign_files_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace mailtree::histories
