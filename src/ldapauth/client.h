// SPDX-License-Identifier: Apache-2.0
// Questions to ldapauthd, from any daemon. An unreachable or silent ldapauthd answers like an unreachable directory:
// "unavailable", never "no such user" and never "wrong password". Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ldapauth/explanation.h"
#include "ldapauth/messages.h"
#include "loop/task.h"

namespace mailtree::net {
class RpcClient;
}
namespace mailtree::loop {
class Loop;
}

namespace mailtree::ldapauth {

using loop::Task;

class Client {
 public:
  // `socket_path`: settings.socket("ldapauth"). Connects at the first question and again whenever needed.
  Client(loop::Loop& loop, std::string socket_path);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Task<RecipientAnswer> resolve_recipient(ResolveRecipient request);
  Task<AccountReply> find_login(std::string login);
  Task<AccountReply> find_account(std::string entry_uuid);
  Task<DomainReply> find_domain(std::string name);

  // Fails open: if ldapauthd cannot be asked, the list is empty and no AUTH is offered.
  Task<SaslMechanismsReply> sasl_mechanisms(PeerFacts peer);
  // An exchange stays with the connection to ldapauthd: when that breaks, the next step says `unavailable`.
  Task<SaslReply> sasl_start(SaslStart request);
  Task<SaslReply> sasl_step(std::uint64_t exchange, std::string response);
  Task<SaslReply> sasl_cancel(std::uint64_t exchange);
  Task<SaslReply> check_password(CheckPassword request);

  Task<DirectoryStatusReply> status();
  Task<Explanation> explain(Explain request);

  // `changed` runs for each notice, and with `all` set after each (re)connection. Once, before the first question.
  void watch(std::function<void(const AccountsChanged&)> changed);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mailtree::ldapauth
