// SPDX-License-Identifier: Apache-2.0
// BindPool: checks passwords by binding as the user, several at once, each over a connection of its own that carries
// one bind at a time (a bind ends all other operations of its connection: RFC 4511 4.2.1). Loop thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ldapauth/daemon/app_password.h"
#include "ldapauth/daemon/ldap_session.h"
#include "loop/task.h"
#include "loop/worker_pool.h"

namespace mailtree::ldapauth {

using loop::Deadline;
using loop::Task;

struct BindAnswer {
  BindOutcome outcome = BindOutcome::unavailable;
  std::string reason;  // for the log
};

class BindPool {
 public:
  BindPool(loop::Loop& loop, const DirectoryOptions& options);
  ~BindPool();
  BindPool(const BindPool&) = delete;
  BindPool& operator=(const BindPool&) = delete;

  // `unavailable` within bind_timeout of its turn, and at once when `deadline` passed while it waited for a connection.
  Task<BindAnswer> check(std::string dn, std::string password, Deadline deadline);
  // find_app_password() on one of the threads.
  Task<std::optional<std::size_t>> find(std::vector<AppPassword> candidates, std::string password);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mailtree::ldapauth
