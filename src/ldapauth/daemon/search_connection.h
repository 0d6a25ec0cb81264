// SPDX-License-Identifier: Apache-2.0
// SearchConnection: many searches at once over one bound LdapSession, driven by the loop. It never waits: a server that
// stops reading or answering shows as operations that stay outstanding. Deadlines and reconnecting are Directory's.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "ldapauth/daemon/entry.h"
#include "ldapauth/daemon/ldap_session.h"
#include "loop/poll_watcher.h"
#include "loop/signal.h"

struct ldapmsg;

namespace mailtree::ldapauth {

// One search on its way. Shared by who asked and by the connection.
struct SearchOperation {
  SearchOperation(loop::Loop& loop, SearchRequest asked, loop::Deadline until)
      : request(std::move(asked)), deadline(until), done(loop) {}
  void finish(SearchAnswer result) {
    answer = std::move(result);
    done.set();
  }

  SearchRequest request;
  loop::Deadline deadline;
  loop::Signal done;
  std::optional<SearchAnswer> answer;
  Entries entries;      // arrived so far
  std::string problem;  // a referral or an unreadable entry: the answer is not whole
  int message = -1;     // libldap's number while outstanding
  unsigned attempts = 0;
};
using SearchOperationPtr = std::shared_ptr<SearchOperation>;

class SearchConnection {
 public:
  // `lost` runs at most once, from the loop, with the operations that got no answer. It may destroy the connection.
  using Lost = std::function<void(std::string reason, std::vector<SearchOperationPtr> unanswered)>;
  SearchConnection(loop::Loop& loop, LdapSession session, Lost lost);
  ~SearchConnection();
  SearchConnection(const SearchConnection&) = delete;
  SearchConnection& operator=(const SearchConnection&) = delete;

  // Sends it. false: not now (the socket is full); try again after an answer.
  bool start(const SearchOperationPtr& operation);
  // The answer is no longer wanted.
  void abandon(const SearchOperationPtr& operation);
  // Ends the connection: `lost` runs now.
  void give_up(std::string reason);
  [[nodiscard]] std::size_t outstanding() const { return outstanding_.size(); }
  [[nodiscard]] std::chrono::steady_clock::time_point last_heard() const { return last_heard_; }
  // `answered` runs after answers were handed out: there is room for more.
  void on_room(std::function<void()> answered) { on_room_ = std::move(answered); }

 private:
  void read_answers();
  void handle(ldapmsg* message);
  void finish(const SearchOperationPtr& operation, ldapmsg* result);

  loop::Loop& loop_;
  LdapSession session_;
  Lost lost_;
  std::function<void()> on_room_;
  std::unordered_map<int, SearchOperationPtr> outstanding_;
  std::vector<SearchOperationPtr> unsent_;
  std::chrono::steady_clock::time_point last_heard_;
  std::shared_ptr<bool> alive_;  // for jobs posted to the loop
  std::unique_ptr<loop::PollWatcher> watcher_;
};

// The entry in a search result, without language options and binary attributes. nullopt: not decodable.
std::optional<Entry> read_entry(ldap* handle, ldapmsg* message);

}  // namespace mailtree::ldapauth
