// SPDX-License-Identifier: Apache-2.0
// pop3d: takes signed-in sessions from the fronts on its Unix socket and runs them. A session whose user may no longer
// sign in ends within the second in which the directory says so.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ldapauth/account.h"
#include "ldapauth/client.h"
#include "loop/listen_socket.h"
#include "loop/task_group.h"
#include "loop/worker_pool.h"
#include "pop3/session.h"
#include "pop3/store_link.h"

namespace mailtree::pop3 {

struct Options {
  std::string ldapauth_socket;
  // Partition name ("" = the default) -> Unix socket of its stored; "" if there is no such partition.
  std::function<std::string(const std::string& partition)> store_socket;
  std::vector<unsigned> peer_uids;  // that may hand over sessions; empty = our own and root
  SessionLimits limits;
  std::size_t threads = 2;  // that read large messages
};

class Server {
 public:
  Server(loop::Loop& loop, Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void serve(UniqueFd listening);
  // Takes no more sessions; lets commands end until `deadline`, then cuts the rest off.
  Task<void> stop(Deadline deadline);

 private:
  struct Running {
    std::unique_ptr<Session> session;
    std::string entry_uuid;
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
  [[nodiscard]] std::vector<Session*> sessions_of(const std::string& entry_uuid) const;  // "": all
  StoreLink* link_for(const std::string& partition);
  void accounts_changed(const ldapauth::AccountsChanged& notice);
  Task<void> check_accounts(std::vector<std::string> entry_uuids);

  loop::Loop& loop_;
  Options options_;
  loop::WorkerPool pool_;
  ldapauth::Client directory_;
  std::map<std::string, std::unique_ptr<StoreLink>> links_;  // by socket path
  std::map<std::uint64_t, Running> running_;
  std::uint64_t last_serial_ = 0;
  loop::TaskGroup tasks_;
  std::unique_ptr<loop::ListenSocket> listener_;
};

}  // namespace mailtree::pop3
