// SPDX-License-Identifier: Apache-2.0
// Lives, cuts, other programs.
#include "histories/history.h"

#include <algorithm>
#include <iostream>

#include "histories/seeded_random.h"

namespace mailtree::histories {
namespace {

using test::DiskState;
using test::SimulatedDisk;
using Call = SimulatedDisk::Call;

constexpr std::int64_t day_seconds = 24 * 3600;
constexpr std::size_t fewest_requests = 200;
constexpr std::size_t most_lives = 200;

bool is_sync(Call call) {
  return call == Call::sync_data || call == Call::sync_directory || call == Call::sync_file_system;
}

// Numbers that are told only by the next look.
bool leaves_numbers_open(const Request& request) {
  return request.kind == Kind::rename || (request.kind == Kind::create && request.name.find('/') != std::string::npos);
}

std::string describe(const Request& request) {
  std::string text = name_of(request.kind);
  if (request.folder != 0) text += " folder " + std::to_string(request.folder);
  if (request.target != 0) text += " target " + std::to_string(request.target);
  if (!request.name.empty()) text += " name " + request.name;
  if (request.transaction != 0) text += " transaction " + std::to_string(request.transaction);
  if (request.again) text += " again";
  if (!request.uids.empty()) text += " uids";
  for (const std::uint32_t uid : request.uids) text += ' ' + std::to_string(uid);
  for (const Message& letter : request.letters)
    text += " [" + letter.content.substr(0, letter.content.find('\r')) + "]";
  if (request.flags != 0) text += " flags " + std::to_string(request.flags);
  return text;
}

std::string describe(const Reply& reply) {
  if (reply.outcome == Reply::Class::failed) return "failed: " + reply.detail;
  if (reply.outcome == Reply::Class::refused) return "refused: " + reply.detail;
  std::string text = reply.duplicate ? "ok, duplicate" : "ok";
  for (const std::uint32_t uid : reply.uids) text += ' ' + std::to_string(uid);
  if (!reply.targets.empty()) text += " ->";
  for (const std::uint32_t uid : reply.targets) text += ' ' + std::to_string(uid);
  return text + " modseq " + std::to_string(reply.modseq);
}

// When logs are rewritten in a life: hardly ever, after some dozens of records, each time. Of a log whose new name a
// kill left unsynced only a life tells that does not write another one.
store::LogLimits some_limits(test::Dice& dice) {
  static constexpr std::array<store::LogLimits, 4> all = {{{}, {}, {512, 1}, {0, 0}}};
  return all[dice.below(all.size())];
}

}  // namespace

History::History(World& world, std::uint64_t seed, Coverage& coverage, Figures& figures, bool verbose)
    : world_(world),
      seed_(seed),
      coverage_(coverage),
      figures_(figures),
      verbose_(verbose),
      careless_(seed / 2 % 2 == 0),
      dice_(seed),
      foreign_dice_(~seed),
      naming_dice_(seed + 0x9E3779B97F4A7C15),
      generator_(dice_) {}

void History::say(const std::string& text) const {
  if (verbose_) std::cout << text << '\n';
}

SimulatedDisk::Verdict History::at_call(Call call) {
  Coverage::Site& site = coverage_.sites[{world_.phase(), call}];
  ++site.reached;
  for (std::size_t account = 0; account < accounts; ++account) watch(account);
  const auto crash = [&site](Crash how) { ++site.crashed[static_cast<std::size_t>(how)]; };
  if (--life_.calls_left == 0) {
    crash(life_.power_cut ? Crash::power_cut : Crash::kill);
    say(std::string("  dies before ") + name_of(call) + " of " + world_.phase());
    return SimulatedDisk::Verdict::dead;
  }
  if (life_.foreign_one_in != 0 && foreign_dice_.one_in(life_.foreign_one_in)) foreign_act();
  if (life_.fail_one_in != 0 && (is_sync(call) || !life_.only_syncs_fail) && dice_.one_in(life_.fail_one_in)) {
    crash(Crash::failed_call);
    ++figures_.failed_calls;
    say(std::string("  fails ") + name_of(call) + " of " + world_.phase());
    return SimulatedDisk::Verdict::fail;
  }
  if (call == Call::link && life_.links_impossible_one_in != 0 && dice_.one_in(life_.links_impossible_one_in)) {
    return SimulatedDisk::Verdict::impossible;
  }
  return SimulatedDisk::Verdict::proceed;
}

History::Life History::draw_life() {
  Life life;
  const std::size_t end = dice_.below(20);
  life.power_cut = end < 12;
  life.clean_stop = end == 19;
  life.calls_left = 1 + (dice_.one_in(3) ? dice_.below(90) : dice_.below(450));
  if (!careless_ && dice_.one_in(3)) {
    life.fail_one_in = 60 + dice_.below(300);
    life.only_syncs_fail = dice_.one_in(2);
    if (life.only_syncs_fail) life.fail_one_in = 20 + dice_.below(60);
  }
  if (dice_.one_in(3)) life.foreign_one_in = 30 + dice_.below(200);
  if (dice_.one_in(4)) life.links_impossible_one_in = 4;
  return life;
}

void History::live() {
  life_ = draw_life();
  world_.set_limits(some_limits(dice_));
  looked_ = {};
  looked_whole_ = {};
  for (std::size_t i = 0; i < accounts; ++i) {
    // Mail may come before anybody looks, if all that is known is certain.
    look_due_[i] = look_due_[i] || !judges_[i].born() || judges_[i].open_questions() > 0 || !dice_.one_in(3);
  }
  const bool without_index = !dice_.one_in(4) || index_is_lost_;
  world_.disk().set_hook([this](Call call) { return at_call(call); });
  const bool both = !dice_.one_in(3);
  const std::size_t only = dice_.below(accounts);
  const std::size_t steps = life_.clean_stop ? dice_.below(40) : 200;
  if (world_.start(without_index)) {
    if (world_.generation() <= generation_) complaints_.push_back("a generation of the partition was used twice");
    generation_ = world_.generation();
    for (std::size_t i = 0; i < steps && !world_.disk().is_dead() && complaints_.empty(); ++i) {
      step(both ? dice_.below(accounts) : only);
    }
  }
  world_.disk().set_hook({});
}

void History::end_life() {
  const bool died = world_.disk().is_dead();
  world_.stop();
  if (life_.power_cut || (!died && dice_.one_in(2))) {
    ++figures_.cuts;
    say("-- power cut");
    world_.disk().restart_after_power_cut(dice_);
    index_is_lost_ = true;  // another boot
  } else {
    ++figures_.kills;
    say("-- kill");
    world_.disk().restart_after_kill();
    index_is_lost_ = false;
  }
  if (dice_.one_in(5)) world_.pass(static_cast<std::int64_t>(1 + dice_.below(60)) * day_seconds);
  for (std::size_t i = 0; i < accounts; ++i) {
    cuts_unseen_[i] = looked_[i] ? 0 : cuts_unseen_[i] + 1;
    figures_.deepest_recovery = std::max(figures_.deepest_recovery, cuts_unseen_[i]);
  }
}

void History::step(std::size_t account) {
  world_.pass(static_cast<std::int64_t>(dice_.below(40)));
  if (dice_.one_in(50)) world_.pass(static_cast<std::int64_t>(1 + dice_.below(60)) * day_seconds);
  if (look_due_[account] || dice_.one_in(12)) return look(account);
  batch(account);
}

void History::look(std::size_t account) {
  Seen seen;
  std::string failure;
  say("look at " + std::to_string(account));
  looking_ = true;
  const std::uint64_t failed_before = figures_.failed_calls;
  const bool done = world_.look(account, judges_[account], seen, failure);
  looking_ = false;
  if (!done) {
    look_due_[account] = true;
    return say("  nothing to see: " + failure);
  }
  ++figures_.looks;
  // What the disk did not let us read is seen at a later look.
  const bool whole = failed_before == figures_.failed_calls;
  judges_[account].look(seen, whole && !looked_whole_[account], complaints_);
  looked_[account] = true;
  looked_whole_[account] = looked_whole_[account] || whole;
  look_due_[account] = false;
}

void History::batch(std::size_t account) {
  const std::vector<Request> requests = generator_.batch(judges_[account].known(), world_.now());
  for (const Request& request : requests) say(std::to_string(account) + " " + describe(request));
  in_flight_[account] = requests;
  const std::vector<Reply> replies = world_.run(account, requests);
  in_flight_[account].clear();
  figures_.requests += requests.size();
  requests_ += requests.size();
  settle(account, requests, replies);
  if (world_.disk().is_dead()) return;
  watch(account);
  world_.clean_up(account);
  if (world_.disk().is_dead() || !naming_dice_.one_in(4)) return;
  say("flags into names of " + std::to_string(account));
  world_.show_flags(account);
  if (world_.disk().is_dead()) return;
  // A name that a killed process gave is met with at the next look only.
  const bool judged = is_undisturbed() && looked_whole_[account];
  const std::size_t behind = judged ? world_.names_behind(account) : 0;
  if (behind > 0) complaints_.push_back("the flags of " + std::to_string(behind) + " messages did not reach the names");
  world_.clean_up(account);
}

bool History::is_undisturbed() const {
  return life_.fail_one_in == 0 && life_.foreign_one_in == 0 && life_.links_impossible_one_in == 0;
}

// Whoever reads the index may do so between any two calls.
void History::watch(std::size_t account) {
  Seen seen;
  std::string failure;
  if (!world_.glance(account, seen, failure)) {
    if (!failure.empty()) complaints_.push_back(failure);
    return;
  }
  ++figures_.glances;
  judges_[account].watch(seen, in_flight_[account], complaints_);
}

void History::settle(std::size_t account, const std::vector<Request>& requests, const std::vector<Reply>& replies) {
  Judge& judge = judges_[account];
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const bool dead = world_.disk().is_dead();
    if (!dead) say("  " + describe(replies[i]));
    if (dead || replies[i].outcome == Reply::Class::failed) {
      judge.unanswered(requests[i]);
      look_due_[account] = true;
      // Of a sound disk that nobody else works on, a store that does nothing would keep every promise.
      if (!dead && is_undisturbed()) complaints_.push_back(describe(requests[i]) + " failed: " + replies[i].detail);
    } else if (replies[i].outcome == Reply::Class::refused) {
      if (!may_refuse(judge.known(), requests[i])) {
        complaints_.push_back(describe(requests[i]) + " was refused: " + replies[i].detail);
      }
    } else {
      ++figures_.answered;
      judge.answered(requests[i], replies[i], complaints_);
      if (leaves_numbers_open(requests[i])) look_due_[account] = true;
    }
  }
}

void History::foreign_act() {
  const std::size_t account = foreign_dice_.below(accounts);
  std::vector<std::uint32_t> ids;
  for (const auto& [id, folder] : judges_[account].known().folders) {
    if (folder.id != 0) ids.push_back(id);
  }
  if (ids.empty()) return;
  const std::uint32_t folder = ids[foreign_dice_.below(ids.size())];
  if (foreign_dice_.one_in(2)) {
    foreign_drop(account, folder);
  } else {
    foreign_rename(account, folder);
  }
}

void History::foreign_drop(std::size_t account, std::uint32_t folder) {
  DiskState& state = world_.disk().state();
  const auto fresh = state.find(DiskState::root, world_.folder_path(account, folder) + "/new");
  if (fresh == DiskState::none || fresh == DiskState::root) return;
  const std::string number = std::to_string(++foreign_files_);
  const std::string content = "foreign " + number + "\r\n";
  const auto file = state.make_file();
  state.write(file, 0, content);
  if (!careless_) state.sync_data(file);
  state.change_names({{fresh, "1780000000.F" + number + ".elsewhere", DiskState::none, file}});
  // What comes while we look may be overlooked by that look.
  const bool synced = foreign_dice_.one_in(2) && !looking_ && !careless_;
  if (synced) state.sync_names(fresh);
  // A directory that a killed process left without a sync may go, with what others put into it.
  const bool durable =
      synced && state.find_durable(DiskState::root, world_.folder_path(account, folder) + "/new") == fresh;
  say("  foreign file " + number + " in " + std::to_string(folder) + (durable ? " durable" : ""));
  judges_[account].foreign_file(folder, content, durable);
}

void History::foreign_rename(std::size_t account, std::uint32_t folder) {
  DiskState& state = world_.disk().state();
  const auto cur = state.find(DiskState::root, world_.folder_path(account, folder) + "/cur");
  if (cur == DiskState::none || cur == DiskState::root || state.names(cur).empty()) return;
  std::vector<std::pair<DiskState::Inode, std::string>> files;
  for (const auto& [name, inode] : state.names(cur)) files.emplace_back(inode, name);
  std::sort(files.begin(), files.end());
  const auto [inode, name] = files[foreign_dice_.below(files.size())];
  const std::size_t info = name.rfind(":2,");
  const std::string mark = ",U=" + std::to_string(folder) + ".";
  const std::size_t at = name.find(mark);
  if (info == std::string::npos || at == std::string::npos) return;
  const auto uid = static_cast<std::uint32_t>(std::stoul(name.substr(at + mark.size())));
  const auto& known = judges_[account].known().folders.at(folder).messages;
  if (!known.contains(uid)) return;
  const char letter = foreign_dice_.one_in(2) ? 'S' : 'F';
  std::string flags = name.substr(info + 3);
  if (const std::size_t there = flags.find(letter); there != std::string::npos) {
    flags.erase(there, 1);
  } else {
    flags += letter;
    std::sort(flags.begin(), flags.end());
  }
  const std::string renamed = name.substr(0, info + 3) + flags;
  if (state.names(cur).contains(renamed)) return;
  state.change_names({{cur, name, inode, DiskState::none}, {cur, renamed, DiskState::none, inode}});
  say("  foreign flags of uid " + std::to_string(uid) + " in " + std::to_string(folder));
  judges_[account].foreign_flags(folder, uid, letter == 'S' ? system_flag::seen : system_flag::flagged);
}

std::vector<std::string> History::run() {
  seed_random_octets(seed_);
  world_.begin_anew();
  const std::size_t lives = 14 + dice_.below(12);
  for (std::size_t i = 0; i < most_lives && (i < lives || requests_ < fewest_requests) && complaints_.empty(); ++i) {
    say("== life " + std::to_string(i + 1));
    live();
    end_life();
  }
  // Whatever is still open is judged at last.
  life_ = {};
  for (std::size_t account = 0; complaints_.empty() && account < accounts; ++account) {
    looked_ = {};
    looked_whole_ = {};
    if (account == 0 && !world_.start(true)) complaints_.push_back("the partition does not open");
    look(account);
    if (look_due_[account]) complaints_.push_back("account " + std::to_string(account) + " does not open");
  }
  world_.stop();
  for (std::size_t account = 0; verbose_ && account < accounts; ++account) {
    say("files of " + std::to_string(account));
    for (const std::string& file : world_.files(account)) say("  " + file);
  }
  return complaints_;
}

}  // namespace mailtree::histories
