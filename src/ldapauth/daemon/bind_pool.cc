// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/bind_pool.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace mailtree::ldapauth {

// Shared by the threads: the idle connections and which server to use. Each thread owns the one it took.
struct BindPool::Parts {
  Parts(loop::Loop& loop, const DirectoryOptions& o) : options(o), pool(loop, o.bind_connections) {}

  LdapSession take(std::size_t& server) {
    const std::lock_guard<std::mutex> lock(mutex);
    server = current;
    if (idle.empty()) return {};
    LdapSession session = std::move(idle.back());
    idle.pop_back();
    return session;
  }
  void give_back(LdapSession session) {
    const std::lock_guard<std::mutex> lock(mutex);
    idle.push_back(std::move(session));
  }
  // The next one, unless another thread has moved on already. Connections to the old one are dropped.
  void give_up(std::size_t server) {
    const std::lock_guard<std::mutex> lock(mutex);
    idle.clear();
    if (current == server) current = (current + 1) % options.uris.size();
  }

  BindAnswer bind(const std::string& dn, const std::string& password, Deadline deadline);

  const DirectoryOptions options;
  std::mutex mutex;
  std::vector<LdapSession> idle;
  std::size_t current = 0;
  loop::WorkerPool pool;  // last: its threads end before what they use
};

// An idle connection may have been closed by the server meanwhile, so a failure on one is tried once more on a new one.
BindAnswer BindPool::Parts::bind(const std::string& dn, const std::string& password, Deadline deadline) {
  BindAnswer answer;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.time() -
                                                                            std::chrono::steady_clock::now());
    if (left <= std::chrono::milliseconds(50)) {
      if (answer.reason.empty()) answer.reason = "too many password checks waiting";
      return answer;
    }
    std::size_t server = 0;
    LdapSession session = take(server);
    const bool was_idle = static_cast<bool>(session);
    if (!was_idle) {
      auto opened = LdapSession::open(options, options.uris[server], false);
      if (!opened) {
        give_up(server);
        return {BindOutcome::unavailable, opened.error().detail};
      }
      session = std::move(*opened);
    }
    answer.outcome = simple_bind(session, dn, password, std::min(left, options.bind_timeout), answer.reason);
    if (answer.outcome != BindOutcome::unavailable) {
      give_back(std::move(session));
      return answer;
    }
    give_up(server);
    if (!was_idle) return answer;
  }
  return answer;
}

BindPool::BindPool(loop::Loop& loop, const DirectoryOptions& options)
    : parts_(std::make_unique<Parts>(loop, options)) {}

BindPool::~BindPool() = default;

Task<BindAnswer> BindPool::check(std::string dn, std::string password, Deadline deadline) {
  Parts* parts = parts_.get();
  auto job = [parts, dn = std::move(dn), password = std::move(password), deadline] {
    return parts->bind(dn, password, deadline);
  };
  BindAnswer answer = co_await parts->pool.run(std::move(job));
  co_return answer;
}

Task<std::optional<std::size_t>> BindPool::find(std::vector<AppPassword> candidates, std::string password) {
  Parts* parts = parts_.get();
  auto job = [candidates = std::move(candidates), password = std::move(password)] {
    return find_app_password(candidates, password);
  };
  const std::optional<std::size_t> found = co_await parts->pool.run(std::move(job));
  co_return found;
}

}  // namespace mailtree::ldapauth
