// SPDX-License-Identifier: Apache-2.0
// Back-off, destinations, calendar. See schedule.h.
#include "queue/schedule.h"

#include <algorithm>

namespace mailtree::queue {

std::chrono::milliseconds pause_after(std::uint64_t attempts, const Backoff& backoff, std::uint32_t random) {
  std::chrono::milliseconds pause = backoff.first;
  const std::chrono::milliseconds most = std::max<std::chrono::milliseconds>(backoff.most, backoff.first);
  for (std::uint64_t i = 1; i < attempts && pause < most; ++i) pause *= 2;
  pause = std::min(pause, most);
  const std::int64_t half_width = pause.count() / 4;
  if (half_width == 0) return pause;
  const auto choices = static_cast<std::uint64_t>(2 * half_width + 1);
  const std::int64_t shift = static_cast<std::int64_t>(random % choices) - half_width;
  return pause + std::chrono::milliseconds(shift);
}

void Destinations::list(const std::string& destination, Place& place) {
  if (place.listed || place.waiting.empty()) return;
  place.listed = true;
  turn_.push_back(destination);
}

bool Destinations::add(const std::string& destination, Unit unit, Time now) {
  Place& place = places_[destination];
  if (place.window == 0) place.window = static_cast<double>(limits_.first);
  if (place.dead_until > now) return false;
  place.waiting.push_back(std::move(unit));
  list(destination, place);
  return true;
}

Destinations::Time Destinations::retry_at(const std::string& destination) const {
  const auto found = places_.find(destination);
  return found == places_.end() ? Time{} : found->second.dead_until;
}

std::optional<Destinations::Start> Destinations::next() {
  if (running_ >= limits_.in_all) return std::nullopt;
  for (std::size_t tries = turn_.size(); tries > 0; --tries) {
    const std::string destination = std::move(turn_.front());
    turn_.pop_front();
    Place& place = places_[destination];
    place.listed = false;
    // A destination that failed before is probed by one attempt alone.
    const std::size_t allowed = place.failures > 0 ? 1 : static_cast<std::size_t>(place.window);
    if (place.waiting.empty()) continue;
    if (place.running >= allowed) continue;  // listed again by finished()
    Start start{destination, std::move(place.waiting.front())};
    place.waiting.pop_front();
    ++place.running;
    ++running_;
    list(destination, place);
    return start;
  }
  return std::nullopt;
}

void Destinations::finished(const std::string& destination, Verdict verdict, Time now) {
  Place& place = places_[destination];
  --place.running;
  --running_;
  if (verdict == Verdict::spoke) {
    place.failures = 0;
    place.dead_until = Time{};
    place.window = std::min(place.window + 1.0 / place.window, static_cast<double>(limits_.most));
  } else if (verdict == Verdict::unreachable) {
    place.window = static_cast<double>(limits_.first);
    std::chrono::seconds pause = limits_.dead_first;
    for (std::uint32_t i = 0; i < place.failures && pause < limits_.dead_most; ++i) pause *= 2;
    ++place.failures;
    place.dead_until = now + std::min(pause, limits_.dead_most);
  }
  list(destination, place);
  drop_if_idle(destination, now);
}

// What is known of a destination is worth keeping while it limits something.
void Destinations::drop_if_idle(const std::string& destination, Time now) {
  const auto found = places_.find(destination);
  const Place& place = found->second;
  const bool idle = place.running == 0 && place.waiting.empty() && !place.listed;
  if (idle && place.failures == 0 && place.dead_until <= now) places_.erase(found);
}

std::vector<Unit> Destinations::take_waiting(const std::string& destination) {
  const auto found = places_.find(destination);
  if (found == places_.end()) return {};
  std::vector<Unit> units(std::make_move_iterator(found->second.waiting.begin()),
                          std::make_move_iterator(found->second.waiting.end()));
  found->second.waiting.clear();
  return units;
}

void Destinations::forget(const std::string& destination) {
  const auto found = places_.find(destination);
  if (found == places_.end()) return;
  found->second.dead_until = Time{};
  found->second.failures = 0;
}

void Destinations::forget_all() {
  for (auto& [name, place] : places_) {
    place.dead_until = Time{};
    place.failures = 0;
  }
}

std::size_t Destinations::window(const std::string& destination) const {
  const auto found = places_.find(destination);
  return found == places_.end() ? limits_.first : static_cast<std::size_t>(found->second.window);
}

void Calendar::put(const std::string& queue_id, Time due) {
  remove(queue_id);
  due_[queue_id] = due;
  order_.emplace(due, queue_id);
}

void Calendar::remove(const std::string& queue_id) {
  const auto found = due_.find(queue_id);
  if (found == due_.end()) return;
  order_.erase({found->second, queue_id});
  due_.erase(found);
}

std::optional<std::string> Calendar::take_due(Time now) {
  if (order_.empty() || order_.begin()->first > now) return std::nullopt;
  std::string queue_id = order_.begin()->second;
  remove(queue_id);
  return queue_id;
}

std::optional<Calendar::Time> Calendar::first() const {
  if (order_.empty()) return std::nullopt;
  return order_.begin()->first;
}

}  // namespace mailtree::queue
