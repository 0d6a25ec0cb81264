// SPDX-License-Identifier: Apache-2.0
// Directory: answers searches for as long as any of its servers does. Keeps one pipelined connection, opens it anew on
// a pool thread, repeats what a broken connection left unanswered once, and says "unavailable" within the deadline
// otherwise: at once while no server answers. Loop thread only.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "ldapauth/daemon/search_connection.h"
#include "loop/task.h"
#include "loop/task_group.h"
#include "loop/worker_pool.h"

namespace mailtree::ldapauth {

using loop::Deadline;
using loop::Task;

// What resolver and cache need of a directory; tests have one in memory.
class Searcher {
 public:
  virtual ~Searcher() = default;
  virtual Task<SearchAnswer> search(SearchRequest request, Deadline deadline) = 0;
};

class Directory final : public Searcher {
 public:
  Directory(loop::Loop& loop, loop::WorkerPool& pool, const DirectoryOptions& options);
  ~Directory() override;  // after stop()

  void start();  // begins to connect; searches asked before that wait for it
  Task<void> stop();

  Task<SearchAnswer> search(SearchRequest request, Deadline deadline) override;

  [[nodiscard]] bool connected() const { return connection_ != nullptr; }
  [[nodiscard]] const std::string& uri() const { return options_.uris[server_]; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  Task<void> keep_connected();
  void connected_with(LdapSession session);
  void lost(std::string reason, std::vector<SearchOperationPtr> unanswered);
  void send_queued();
  void fail_queued();
  void timed_out(const SearchOperationPtr& operation);

  loop::Loop& loop_;
  loop::WorkerPool& pool_;
  const DirectoryOptions options_;
  std::size_t server_ = 0;
  std::unique_ptr<SearchConnection> connection_;
  std::unique_ptr<SearchConnection> dead_;  // until the loop is out of its callbacks
  std::deque<SearchOperationPtr> queue_;
  bool down_ = false;  // the last attempt to connect failed: no use in waiting
  bool stopping_ = false;
  std::string problem_;
  loop::Signal changed_;  // the connection was lost, or stop
  loop::TaskGroup tasks_;
};

}  // namespace mailtree::ldapauth
