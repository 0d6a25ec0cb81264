// SPDX-License-Identifier: Apache-2.0
// Authenticator: is this the password of that account, and may the account be used now? The directory decides by a
// bind, or a verifier it keeps (SCRAM), or a password of one application; what it cannot be asked is "unavailable",
// never "wrong". Unknown names and wrong passwords answer alike and as slowly. Whatever the mechanism: what follows
// from the status, the access rules and the throttle is decided here.
#pragma once

#include <string>

#include "ldapauth/daemon/bind_pool.h"
#include "ldapauth/daemon/cache.h"
#include "ldapauth/daemon/password_cache.h"
#include "ldapauth/daemon/resolver.h"
#include "ldapauth/daemon/sasl_exchange.h"
#include "ldapauth/daemon/scram_decoy.h"
#include "ldapauth/daemon/throttle.h"
#include "ldapauth/messages.h"

namespace mailtree::ldapauth {

// What a SCRAM exchange goes on with: for names without a verifier a decoy, so that only the last step fails.
struct ScramLookup {
  bool available = false;
  std::string verifier;    // RFC 5803
  std::string entry_uuid;  // empty: a decoy
  std::string problem;     // for the log
};

class Authenticator {
 public:
  Authenticator(loop::Loop& loop, Resolver& resolver, Cache& cache, const Options& options);

  Task<SaslReply> sign_in(Credentials credentials, PeerFacts peer);
  // `mechanism`: with or without -PLUS. Waits first, like sign_in(), if the name has failed before.
  Task<ScramLookup> find_verifier(std::string login, std::string mechanism, PeerFacts peer);
  void entry_changed(const std::string& entry_uuid) { passwords_.forget(entry_uuid); }
  void all_changed() { passwords_.forget_all(); }

 private:
  Task<SaslReply> check(const Credentials& credentials, const PeerFacts& peer);
  Task<SaslReply> check_account(const Credentials& credentials, const PeerFacts& peer, AccountAnswer found,
                                Deadline deadline);
  Task<SaslReply> check_app_passwords(const Credentials& credentials, const PeerFacts& peer, const Account& account,
                                      Deadline deadline);
  Task<SaslReply> admit(const Credentials& credentials, const PeerFacts& peer, AccountAnswer found, std::string detail,
                        Deadline deadline);
  Task<std::string> canonical_name(std::string login, Deadline deadline);
  Task<SaslReply> refuse_unknown(std::string password, std::string detail, Deadline deadline);

  loop::Loop& loop_;
  Resolver& resolver_;
  Cache& cache_;
  const DirectoryOptions directory_;
  BindPool binds_;
  PasswordCache passwords_;
  Throttle throttle_;
  ScramDecoy decoy_;
  const std::string default_domain_;
};

}  // namespace mailtree::ldapauth
