// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/directory.h"

#include <algorithm>
#include <utility>

#include "log/log.h"

namespace mailtree::ldapauth {
namespace {

constexpr std::chrono::milliseconds first_pause{100};  // between attempts to connect; doubles
constexpr std::chrono::milliseconds last_pause{400};
// A connection that was silent that long while something was outstanding is given up.
constexpr std::chrono::milliseconds silence{2500};

}  // namespace

Directory::Directory(loop::Loop& loop, loop::WorkerPool& pool, const DirectoryOptions& options)
    : loop_(loop), pool_(pool), options_(options), changed_(loop), tasks_(loop) {}

Directory::~Directory() = default;

void Directory::start() { tasks_.spawn(keep_connected()); }

Task<void> Directory::stop() {
  const Deadline never = Deadline::never();
  stopping_ = true;
  changed_.set();
  const auto ended = co_await tasks_.wait(never);
  static_cast<void>(ended);
  down_ = true;
  connection_.reset();
  fail_queued();
}

Task<SearchAnswer> Directory::search(SearchRequest request, Deadline deadline) {
  auto operation = std::make_shared<SearchOperation>(loop_, std::move(request), deadline);
  if (down_ && connection_ == nullptr) co_return Unavailable{problem_};
  queue_.push_back(operation);
  send_queued();
  const auto answered = co_await operation->done.wait(deadline);
  if (!answered && !operation->answer) timed_out(operation);
  co_return std::move(*operation->answer);
}

void Directory::timed_out(const SearchOperationPtr& operation) {
  operation->answer = Unavailable{"no answer in time"};
  const auto queued = std::find(queue_.begin(), queue_.end(), operation);
  if (queued != queue_.end()) queue_.erase(queued);
  if (!connection_ || operation->message < 0) return;
  connection_->abandon(operation);
  const auto quiet = std::chrono::steady_clock::now() - connection_->last_heard();
  if (quiet > silence) connection_->give_up("no answer in time");
}

void Directory::send_queued() {
  while (connection_ && !queue_.empty() && connection_->outstanding() < options_.search_window) {
    const SearchOperationPtr operation = queue_.front();
    if (!connection_->start(operation)) return;
    queue_.pop_front();
  }
}

void Directory::fail_queued() {
  for (const SearchOperationPtr& operation : std::exchange(queue_, {})) operation->finish(Unavailable{problem_});
}

void Directory::lost(std::string reason, std::vector<SearchOperationPtr> unanswered) {
  log::event(log::Level::warning, "ldapauth.directory.lost", {{"server", uri()}, {"error", reason}});
  problem_ = uri() + ": " + reason;
  for (const SearchOperationPtr& operation : unanswered) {
    // Searches change nothing: asking once more is safe, for ever is not.
    if (++operation->attempts > 1) {
      operation->finish(Unavailable{problem_});
    } else {
      queue_.push_front(operation);
    }
  }
  dead_ = std::move(connection_);  // we may be inside one of its callbacks
  changed_.set();
}

void Directory::connected_with(LdapSession session) {
  auto on_lost = [this](std::string reason, std::vector<SearchOperationPtr> unanswered) {
    lost(std::move(reason), std::move(unanswered));
  };
  connection_ = std::make_unique<SearchConnection>(loop_, std::move(session), std::move(on_lost));
  connection_->on_room([this] { send_queued(); });
  down_ = false;
  problem_.clear();
  log::event(log::Level::info, "ldapauth.directory.connected", {{"server", uri()}});
  send_queued();
}

Task<void> Directory::keep_connected() {
  std::chrono::milliseconds pause = first_pause;
  while (!stopping_) {
    auto job = [options = options_, uri = uri()] { return LdapSession::open(options, uri, true); };
    auto opened = co_await pool_.run(std::move(job));
    dead_.reset();
    if (stopping_) break;
    Deadline until = Deadline::never();
    if (opened) {
      connected_with(std::move(*opened));
      pause = first_pause;
    } else {
      if (!down_) log::event(log::Level::error, "ldapauth.directory.down", {{"error", opened.error().detail}});
      problem_ = opened.error().detail;
      down_ = true;
      fail_queued();
      server_ = (server_ + 1) % options_.uris.size();
      until = Deadline::after(pause);
      pause = std::min(2 * pause, last_pause);
    }
    const auto began = std::chrono::steady_clock::now();
    const auto woken = co_await changed_.wait(until);
    static_cast<void>(woken);
    // A server that accepts and hangs up at once is not asked in a circle.
    const bool short_lived = std::chrono::steady_clock::now() - began < first_pause;
    if (short_lived && !stopping_) co_await loop::sleep(loop_, first_pause);
  }
}

}  // namespace mailtree::ldapauth
