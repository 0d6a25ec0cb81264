// SPDX-License-Identifier: Apache-2.0
// A connection before its user has signed in, whatever the protocol: its stream, STARTTLS, the question to ldapauthd,
// and the hand-over to imapd or pop3d. The protocols (imap/, pop3/) add their dialogue.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "front/services.h"
#include "ldapauth/messages.h"
#include "loop/task.h"
#include "net/line_reader.h"
#include "net/stream.h"

namespace mailtree::front {

using loop::Deadline;
using loop::Task;

class Connection {
 public:
  // `service` is the name of mailAllowedServiceAccess: "imap" or "pop".
  Connection(Services& services, std::unique_ptr<net::Stream> stream, std::string service);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] net::Stream& stream() { return *stream_; }
  [[nodiscard]] Services& services() { return services_; }
  [[nodiscard]] Deadline deadline() const { return deadline_; }  // of everything before the hand-over
  void cancel(const Error& error);

  // May credentials be sent as the connection is now?
  [[nodiscard]] bool may_login() const;
  [[nodiscard]] bool may_start_tls() const;
  // The handshake after the positive reply was sent, or at once for the implicit-TLS ports.
  Task<Result<void>> start_tls(bool after_command);

  // Mechanisms to be offered now; empty when none may be.
  Task<std::vector<std::string>> mechanisms();
  // Failure of the conversation with ldapauthd comes back as SaslState::unavailable.
  Task<ldapauth::SaslReply> check_password(std::string login, std::string password);
  Task<ldapauth::SaslReply> sasl_start(std::string mechanism, bool has_initial, std::string initial);
  Task<ldapauth::SaslReply> sasl_step(std::uint64_t exchange, std::string response);
  Task<void> sasl_cancel(std::uint64_t exchange);

  Task<Result<void>> write(std::string_view text);
  Task<Result<net::LineReader::Line>> read_line(std::size_t max);

  // Gives the session to imapd or pop3d and, if the connection is encrypted, carries octets until either side ends.
  // An Error means that nothing was said to the client yet; after ok the connection is finished with.
  Task<Result<void>> hand_over(ldapauth::Account account, std::string login_tag, std::string client_id);

 private:
  [[nodiscard]] ldapauth::PeerFacts peer_facts() const;

  Services& services_;
  std::unique_ptr<net::Stream> stream_;
  std::string service_;
  std::string id_;
  Deadline deadline_;
};

}  // namespace mailtree::front
