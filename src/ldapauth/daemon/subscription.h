// SPDX-License-Identifier: Apache-2.0
// Subscription: hears of every change in the directory while it happens (RFC 4533 refreshAndPersist, from the server's
// present state on: nothing is copied at the start). It says only "this entry changed". A connection of its own with a
// heartbeat, since a silent subscription would otherwise look like a quiet directory. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ldapauth/daemon/ldap_session.h"
#include "loop/poll_watcher.h"
#include "loop/signal.h"
#include "loop/task.h"
#include "loop/task_group.h"
#include "loop/worker_pool.h"

struct ldapmsg;

namespace mailtree::ldapauth {

struct ChangeHandlers {
  // From now on every change is told; nothing is known about changes before.
  std::function<void()> began;
  std::function<void(const std::string& entry_uuid, bool is_domain)> changed;
  // Changes may be missed from now on.
  std::function<void()> lost;
};

class Subscription {
 public:
  Subscription(loop::Loop& loop, loop::WorkerPool& pool, const DirectoryOptions& options, ChangeHandlers handlers);
  ~Subscription();  // after stop()
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  void start();
  loop::Task<void> stop();
  [[nodiscard]] bool live() const { return live_; }

 private:
  loop::Task<void> keep_subscribed();
  bool subscribe(LdapSession session, const std::string& cookie);
  loop::Task<void> watch_heart();
  bool beat();
  void read_messages();
  void handle(ldapmsg* message);
  void handle_entry(ldapmsg* message);
  void handle_info(ldapmsg* message);
  void refreshed();
  void fail(const std::string& reason);
  void close();

  loop::Loop& loop_;
  loop::WorkerPool& pool_;
  const DirectoryOptions options_;
  const ChangeHandlers handlers_;
  std::size_t server_ = 0;
  LdapSession session_;
  std::unique_ptr<loop::PollWatcher> watcher_;
  int search_ = -1;     // message number of the subscription
  int heartbeat_ = -1;  // of the heartbeat on its way
  std::chrono::steady_clock::time_point last_heard_;
  bool live_ = false;
  bool broken_ = false;  // found unusable, not yet closed
  bool unsupported_ = false;  // no syncprov there: ask seldom
  bool stopping_ = false;
  std::string problem_;
  std::shared_ptr<bool> alive_;
  loop::Signal failed_, heart_;
  loop::TaskGroup tasks_;
};

}  // namespace mailtree::ldapauth
