// SPDX-License-Identifier: Apache-2.0
// The conversation with ldapauthd over the Unix socket `ldapauth` (net/rpc.h). Type numbers 100-199 belong to this
// folder; a number or field never changes its meaning. Every request has one reply; throttling delays it.
#pragma once

#include "ldapauth/account.h"
#include "ldapauth/plan.h"

namespace mailtree::ldapauth {

// Where does mail for this address go? Replied within 5 s, with Outcome::unavailable if the directory does not answer.
struct ResolveRecipient {
  static constexpr std::uint16_t type = 100;
  using Reply = struct ResolveRecipientReply;
  std::string address;           // local@domain without brackets and source route; or "postmaster" (RFC 5321 4.1.1.3)
  std::string sender;            // envelope sender, empty = null; group rules look at it
  std::string authenticated_as;  // mail address of the signed-in sender, or empty
  std::int64_t message_bytes = 0;  // SIZE parameter, 0 = unknown
  MSGPACK_DEFINE(address, sender, authenticated_as, message_bytes)
};
struct ResolveRecipientReply {
  RecipientAnswer answer;
  MSGPACK_DEFINE(answer)
};

// Who is it that would log in with this name? No password is checked: for administration and for LMTP to other hosts.
struct FindLogin {
  static constexpr std::uint16_t type = 102;
  using Reply = struct AccountReply;
  std::string login;
  MSGPACK_DEFINE(login)
};
// Re-reads an account a session has open, after a change notice or a reconnect.
struct FindAccount {
  static constexpr std::uint16_t type = 104;
  using Reply = struct AccountReply;
  std::string entry_uuid;
  MSGPACK_DEFINE(entry_uuid)
};
struct AccountReply {  // to FindLogin and FindAccount. outcome: found, no_such_user, unavailable
  Outcome outcome = Outcome::unavailable;
  Account account;
  MSGPACK_DEFINE(outcome, account)
};

// Is the domain ours? outcome: found, not_hosted, unavailable.
struct FindDomain {
  static constexpr std::uint16_t type = 106;
  using Reply = struct DomainReply;
  std::string name;
  MSGPACK_DEFINE(name)
};
struct DomainReply {
  Outcome outcome = Outcome::unavailable;
  Domain domain;
  MSGPACK_DEFINE(outcome, domain)
};

// Facts about the connection that asks. Throttling, access rules and logs use them.
struct PeerFacts {
  std::string service;       // "imap", "pop", "smtp" (submission), "sieve": the names of mailAllowedServiceAccess
  std::string peer_address;  // numeric, without port
  std::string local_address;
  bool tls = false;
  std::string session;       // log id of the session
  MSGPACK_DEFINE(service, peer_address, local_address, tls, session)
};

// Mechanisms that may be offered on this connection, best first. Without TLS none (a password would be shown, a SCRAM
// exchange could be guessed at), unless the peer is in plaintext_login_networks. Those with -PLUS are for connections
// that have a channel binding: who has none takes them from the list.
struct SaslMechanisms {
  static constexpr std::uint16_t type = 110;
  using Reply = struct SaslMechanismsReply;
  PeerFacts peer;
  MSGPACK_DEFINE(peer)
};
struct SaslMechanismsReply {
  std::vector<std::string> mechanisms;
  MSGPACK_DEFINE(mechanisms)
};

enum class SaslState : std::uint8_t {
  proceed = 0,            // send `challenge`, then SaslStep with what the client answers
  ok = 1,                 // signed in: `account` is set; `challenge`, if any, goes with the success (RFC 4422)
  failed = 2,             // wrong, unknown, malformed: one answer for all (535 5.7.8, [AUTHENTICATIONFAILED])
  unavailable = 3,        // no directory (454 4.7.0, [UNAVAILABLE], [SYS/TEMP]); never "wrong password"
  refused = 4,            // right password, but account, domain or service is closed (535, [AUTHORIZATIONFAILED])
  unknown_mechanism = 5,  // not offered here (504 5.5.4)
};

}  // namespace mailtree::ldapauth

MSGPACK_ADD_ENUM(mailtree::ldapauth::SaslState)

namespace mailtree::ldapauth {

// Begins an exchange. The names of RFC 4422; data already freed of base64. An exchange lives 120 s on this connection
// to ldapauthd and ends with the first state that is not `proceed`.
struct SaslStart {
  static constexpr std::uint16_t type = 112;
  using Reply = struct SaslReply;
  PeerFacts peer;
  std::string mechanism;            // any case
  bool has_initial_response = false;
  std::string initial_response;     // may be empty and still present ("=")
  std::string channel_binding_type;  // "tls-exporter", "tls-unique" or empty (net/channel_binding.h)
  std::string channel_binding_data;
  MSGPACK_DEFINE(peer, mechanism, has_initial_response, initial_response, channel_binding_type, channel_binding_data)
};
struct SaslStep {
  static constexpr std::uint16_t type = 114;
  using Reply = struct SaslReply;
  std::uint64_t exchange = 0;
  std::string response;
  MSGPACK_DEFINE(exchange, response)
};
// The client gave up ("*") or has gone. Replied with `failed`.
struct SaslCancel {
  static constexpr std::uint16_t type = 116;
  using Reply = struct SaslReply;
  std::uint64_t exchange = 0;
  MSGPACK_DEFINE(exchange)
};
// IMAP LOGIN, POP3 USER+PASS: the same rules without the SASL frame.
struct CheckPassword {
  static constexpr std::uint16_t type = 118;
  using Reply = struct SaslReply;
  PeerFacts peer;
  std::string login;
  std::string password;
  MSGPACK_DEFINE(peer, login, password)
};
struct SaslReply {  // to SaslStart, SaslStep, SaslCancel and CheckPassword
  SaslState state = SaslState::unavailable;
  std::uint64_t exchange = 0;
  std::string challenge;
  Account account;
  std::string detail;  // for the log, never for the client
  MSGPACK_DEFINE(state, exchange, challenge, account, detail)
};

// Asks for AccountsChanged on this connection. Replied at once; whoever connects anew asks anew and looks at each
// account it holds again.
struct WatchChanges {
  static constexpr std::uint16_t type = 120;
  using Reply = struct WatchChangesReply;
  std::uint8_t unused = 0;
  MSGPACK_DEFINE(unused)
};
struct WatchChangesReply {
  bool subscribed = false;  // false: no notices come for now (no change subscription); look again every second
  MSGPACK_DEFINE(subscribed)
};
// Pushed (RpcClient::on_push). Entries that were changed or deleted: FindAccount tells what they are now. With `all`
// anything may have changed: a domain, or the subscription was lost and found again.
struct AccountsChanged {
  static constexpr std::uint16_t type = 121;
  bool all = false;
  std::vector<std::string> entry_uuids;
  MSGPACK_DEFINE(all, entry_uuids)
};

// For the operator's tool and for health checks.
struct DirectoryStatus {
  static constexpr std::uint16_t type = 122;
  using Reply = struct DirectoryStatusReply;
  std::uint8_t unused = 0;
  MSGPACK_DEFINE(unused)
};
struct DirectoryStatusReply {
  bool connected = false;     // the search connection has answered within its deadline
  bool subscribed = false;    // the change subscription runs: cached entries are current
  std::uint64_t cached_entries = 0;
  std::string server;         // URI in use
  std::string detail;         // why not, if not
  MSGPACK_DEFINE(connected, subscribed, cached_entries, server, detail)
};

}  // namespace mailtree::ldapauth
