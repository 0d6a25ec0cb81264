// SPDX-License-Identifier: Apache-2.0
// imapd: takes signed-in sessions from the fronts on its Unix socket and runs them. A session whose user may no longer
// sign in ends within the second in which the directory says so.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "imap/session.h"
#include "imap/store_link.h"
#include "ldapauth/account.h"
#include "ldapauth/client.h"
#include "loop/listen_socket.h"
#include "loop/task_group.h"
#include "loop/worker_pool.h"
#include "net/session_start.h"

namespace mailtree::imap {

struct Options {
  std::string ldapauth_socket;  // empty: the directory is not watched (tests)
  // Partition name ("" = the default) -> Unix socket of its stored; "" if there is no such partition.
  std::function<std::string(const std::string& partition)> store_socket;
  std::vector<unsigned> peer_uids;  // that may hand over sessions; empty = our own and root
  SessionLimits limits;
  std::size_t max_sessions_per_user = 100;
  std::size_t max_sessions_per_user_and_client = 20;
  std::size_t threads = 2;  // that read large messages
};

class Server {
 public:
  Server(loop::Loop& loop, Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void serve(UniqueFd listening);
  // Takes no more sessions; says BYE to those that wait, lets commands end until `deadline`, then cuts the rest off.
  Task<void> stop(Deadline deadline);

 private:
  struct Running {
    std::unique_ptr<Session> session;
    std::string entry_uuid;
    std::string peer;
    std::string session_id;
    std::string login_tag;  // until the session has it
  };
  struct Leaving {
    Server& server;
    std::uint64_t serial;
    ~Leaving() { server.leave(serial); }
  };

  void accepted(UniqueFd connection);
  Task<void> receive(UniqueFd connection);
  // Takes one session over; 0 if it was not to be had, else its key in running_, which leave() clears.
  Task<std::uint64_t> admit(UniqueFd connection);
  void leave(std::uint64_t serial);
  Task<Result<std::shared_ptr<Account>>> open_account(const ldapauth::Account& user, const std::string& peer);
  Task<void> refuse(net::StartedSession& started, const Error& error);
  [[nodiscard]] bool is_crowded(const std::string& entry_uuid, const std::string& peer) const;
  StoreLink* link_for(const std::string& partition);
  void accounts_changed(const ldapauth::AccountsChanged& notice);
  Task<void> check_accounts(std::vector<std::string> entry_uuids);

  loop::Loop& loop_;
  Options options_;
  loop::WorkerPool pool_;
  std::unique_ptr<ldapauth::Client> directory_;
  std::map<std::string, std::unique_ptr<StoreLink>> links_;  // by socket path
  std::map<std::uint64_t, Running> running_;
  std::map<std::string, std::vector<std::uint64_t>> by_user_;  // entry_uuid -> serials in running_
  std::uint64_t last_serial_ = 0;
  loop::TaskGroup tasks_;
  std::unique_ptr<loop::ListenSocket> listener_;
};

}  // namespace mailtree::imap
