// SPDX-License-Identifier: Apache-2.0
// Authenticator: is this the password of that account, and may the account be used now? The directory decides by a
// bind; what it cannot be asked is "unavailable", never "wrong". Unknown names and wrong passwords answer alike and as
// slowly.
#pragma once

#include <string>

#include "ldapauth/daemon/bind_pool.h"
#include "ldapauth/daemon/cache.h"
#include "ldapauth/daemon/password_cache.h"
#include "ldapauth/daemon/resolver.h"
#include "ldapauth/daemon/sasl_exchange.h"
#include "ldapauth/daemon/throttle.h"
#include "ldapauth/messages.h"

namespace mailtree::ldapauth {

class Authenticator {
 public:
  Authenticator(loop::Loop& loop, Resolver& resolver, const Cache& cache, const Options& options);

  Task<SaslReply> sign_in(Credentials credentials, PeerFacts peer);
  void entry_changed(const std::string& entry_uuid) { passwords_.forget(entry_uuid); }
  void all_changed() { passwords_.forget_all(); }

 private:
  Task<SaslReply> check(const Credentials& credentials, const PeerFacts& peer);
  Task<SaslReply> check_account(const Credentials& credentials, const PeerFacts& peer, AccountAnswer found,
                                Deadline deadline);
  Task<SaslReply> refuse_unknown(std::string password, std::string detail, Deadline deadline);

  loop::Loop& loop_;
  Resolver& resolver_;
  const Cache& cache_;
  const DirectoryOptions directory_;
  BindPool binds_;
  PasswordCache passwords_;
  Throttle throttle_;
};

}  // namespace mailtree::ldapauth
