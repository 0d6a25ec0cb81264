// SPDX-License-Identifier: Apache-2.0
// LdapSession: one bound connection to a directory server, owned. Opening blocks (resolve, connect, StartTLS and bind;
// a server that goes silent in the middle of TLS holds libldap for the whole network timeout), so it runs on a pool
// thread; afterwards the session belongs to one thread at a time.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "ldapauth/daemon/options.h"

struct ldap;

namespace mailtree::ldapauth {

class LdapSession {
 public:
  // `as_service`: bind as the service account and, with it, prove that the server answers. Without: connected only.
  static Result<LdapSession> open(const DirectoryOptions& options, const std::string& uri, bool as_service);

  LdapSession() = default;
  LdapSession(LdapSession&& other) noexcept;
  LdapSession& operator=(LdapSession&& other) noexcept;
  LdapSession(const LdapSession&) = delete;
  LdapSession& operator=(const LdapSession&) = delete;
  ~LdapSession();

  [[nodiscard]] ldap* get() const { return ldap_; }
  explicit operator bool() const { return ldap_ != nullptr; }
  [[nodiscard]] int descriptor() const;
  // For use on a loop: reading a half-arrived message must not wait for its rest.
  void set_non_blocking();
  void reset();

 private:
  explicit LdapSession(ldap* handle) : ldap_(handle) {}
  ldap* ldap_ = nullptr;
};

// How a simple bind ended. Only `ok` is a proof of identity; everything that is not a clear "no" is `unavailable`.
enum class BindOutcome : unsigned char { ok, wrong, unavailable };

// RFC 4513 5.1: an empty name or password would be an anonymous bind that succeeds for everybody, so both are refused
// here, beneath every caller. Blocks until the answer or the timeout; after `unavailable` the session is of no use.
BindOutcome simple_bind(LdapSession& session, const std::string& dn, const std::string& password,
                        std::chrono::milliseconds timeout, std::string& reason);

}  // namespace mailtree::ldapauth
