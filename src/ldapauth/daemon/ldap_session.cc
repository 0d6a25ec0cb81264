// SPDX-License-Identifier: Apache-2.0
#include "ldapauth/daemon/ldap_session.h"

#include <fcntl.h>
#include <ldap.h>

#include <cstdio>
#include <memory>
#include <utility>

namespace mailtree::ldapauth {
namespace {

constexpr timeval network_timeout{3, 0};  // of connect and of each step of TLS

constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

// Finds out about peers that vanished without a word: 30 s idle, then 3 probes 5 s apart.
constexpr int keepalive_idle_seconds = 30;
constexpr int keepalive_probes = 3;
constexpr int keepalive_interval_seconds = 5;

Error failure(const std::string& uri, const char* step, int code) {
  return Error::temporary(Condition::unavailable, uri + ": " + step + ": " + ldap_err2string(code));
}

Result<std::string> first_line(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) return Error::temporary(Condition::unavailable, "cannot read the password file " + path);
  char line[1024];
  const std::size_t length = std::fread(line, 1, sizeof line, file.get());
  const std::string text(line, length);
  return text.substr(0, text.find_first_of("\r\n"));
}

void set_options(LDAP* handle, const DirectoryOptions& options, bool uses_tls) {
  const int version = LDAP_VERSION3;
  ldap_set_option(handle, LDAP_OPT_PROTOCOL_VERSION, &version);
  // Referrals are never followed: they would carry our password to a host that somebody else named.
  ldap_set_option(handle, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  ldap_set_option(handle, LDAP_OPT_RESTART, LDAP_OPT_ON);
  ldap_set_option(handle, LDAP_OPT_NETWORK_TIMEOUT, &network_timeout);
  ldap_set_option(handle, LDAP_OPT_TIMEOUT, &network_timeout);
  ldap_set_option(handle, LDAP_OPT_X_KEEPALIVE_IDLE, &keepalive_idle_seconds);
  ldap_set_option(handle, LDAP_OPT_X_KEEPALIVE_PROBES, &keepalive_probes);
  ldap_set_option(handle, LDAP_OPT_X_KEEPALIVE_INTERVAL, &keepalive_interval_seconds);
  if (!uses_tls) return;  // a TLS context costs a read of the whole bundle
  const char* const authorities = options.ca_file.empty() ? system_authorities : options.ca_file.c_str();
  ldap_set_option(handle, LDAP_OPT_X_TLS_CACERTFILE, authorities);
  const int demand = LDAP_OPT_X_TLS_DEMAND;
  ldap_set_option(handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
  const int client = 0;
  ldap_set_option(handle, LDAP_OPT_X_TLS_NEWCTX, &client);
}

timeval to_timeval(std::chrono::milliseconds span) { return {span.count() / 1000, (span.count() % 1000) * 1000}; }

// Waits for the one answer to `message`. 0 = timeout.
int await_result(LDAP* handle, int message, std::chrono::milliseconds timeout, int& code) {
  timeval left = to_timeval(timeout);
  LDAPMessage* answer = nullptr;
  const int kind = ldap_result(handle, message, LDAP_MSG_ALL, &left, &answer);
  if (kind > 0) ldap_parse_result(handle, answer, &code, nullptr, nullptr, nullptr, nullptr, 1);
  return kind;
}

}  // namespace

LdapSession::LdapSession(LdapSession&& other) noexcept : ldap_(std::exchange(other.ldap_, nullptr)) {}

LdapSession& LdapSession::operator=(LdapSession&& other) noexcept {
  if (this != &other) {
    reset();
    ldap_ = std::exchange(other.ldap_, nullptr);
  }
  return *this;
}

LdapSession::~LdapSession() { reset(); }

void LdapSession::reset() {
  if (ldap_ != nullptr) ldap_unbind_ext(ldap_, nullptr, nullptr);
  ldap_ = nullptr;
}

int LdapSession::descriptor() const {
  int fd = -1;
  ldap_get_option(ldap_, LDAP_OPT_DESC, &fd);
  return fd;
}

void LdapSession::set_non_blocking() {
  const int fd = descriptor();
  if (fd >= 0) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

Result<LdapSession> LdapSession::open(const DirectoryOptions& options, const std::string& uri, bool as_service) {
  LDAP* handle = nullptr;
  int code = ldap_initialize(&handle, uri.c_str());
  if (code != LDAP_SUCCESS) return failure(uri, "URI", code);
  LdapSession session(handle);
  set_options(handle, options, options.start_tls || uri.starts_with("ldaps:"));
  code = ldap_connect(handle);
  if (code != LDAP_SUCCESS) return failure(uri, "connect", code);
  if (options.start_tls) {
    code = ldap_start_tls_s(handle, nullptr, nullptr);
    if (code != LDAP_SUCCESS) return failure(uri, "StartTLS", code);
  }
  fcntl(session.descriptor(), F_SETFD, FD_CLOEXEC);
  if (!as_service || options.bind_dn.empty()) return session;
  const auto password = first_line(options.password_file);
  if (!password) return password.error();
  std::string reason;
  if (simple_bind(session, options.bind_dn, *password, std::chrono::milliseconds(3000), reason) != BindOutcome::ok)
    return Error::temporary(Condition::unavailable, uri + ": bind of the service account: " + reason);
  return session;
}

BindOutcome simple_bind(LdapSession& session, const std::string& dn, const std::string& password,
                        std::chrono::milliseconds timeout, std::string& reason) {
  if (dn.empty() || password.empty() || password.find('\0') != std::string::npos) {
    reason = "empty name or password";
    return BindOutcome::wrong;
  }
  berval secret{password.size(), const_cast<char*>(password.data())};  // libldap does not write through it
  int message = 0;
  int code = ldap_sasl_bind(session.get(), dn.c_str(), LDAP_SASL_SIMPLE, &secret, nullptr, nullptr, &message);
  if (code == LDAP_SUCCESS) {
    code = LDAP_OTHER;
    const int kind = await_result(session.get(), message, timeout, code);
    if (kind == 0) ldap_abandon_ext(session.get(), message, nullptr, nullptr);
    if (kind == 0) code = LDAP_TIMEOUT;
    if (kind < 0) ldap_get_option(session.get(), LDAP_OPT_RESULT_CODE, &code);
  }
  reason = ldap_err2string(code);
  switch (code) {
    case LDAP_SUCCESS: return BindOutcome::ok;
    // An entry without a password and one that was deleted meanwhile answer like a wrong password (RFC 4511 4.2.2).
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INAPPROPRIATE_AUTH: return BindOutcome::wrong;
    default: return BindOutcome::unavailable;
  }
}

}  // namespace mailtree::ldapauth
