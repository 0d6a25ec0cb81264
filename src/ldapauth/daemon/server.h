// SPDX-License-Identifier: Apache-2.0
// ldapauthd: answers the questions of messages.h on its Unix socket. Everything lives on one loop thread; connects,
// StartTLS and binds block on pool threads.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "ldapauth/daemon/options.h"
#include "loop/task.h"

namespace mailtree::loop {
class Loop;
}

namespace mailtree::ldapauth {

class Server {
 public:
  Server(loop::Loop& loop, Options options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Serves on `listening` and begins to connect to the directory; does not wait for it: until that answers, we answer
  // "unavailable". `peer_uids`: who may ask; empty = our own user and root.
  Result<void> start(UniqueFd listening, std::vector<unsigned> peer_uids);
  // Lets running questions end (at most 5 s) and closes everything.
  loop::Task<void> stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mailtree::ldapauth
