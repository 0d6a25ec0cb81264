// SPDX-License-Identifier: Apache-2.0
// One connection of a client, from the greeting to its end (RFC 5321 section 3, RFC 2033). Reads commands, hands them
// to the table, sends replies in as few writes as pipelining allows. What a command does stands in commands/.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "ldapauth/account.h"
#include "loop/loop.h"
#include "loop/signal.h"
#include "loop/task.h"
#include "net/channel_binding.h"
#include "net/line_reader.h"
#include "net/stream.h"
#include "smtp/command.h"
#include "smtp/server/role.h"
#include "smtp/server/services.h"
#include "smtp/server/transaction.h"

namespace mailtree::smtp {

using loop::Deadline;
using loop::Task;

class Session {
 public:
  Session(const Services& services, Role role, std::unique_ptr<net::Stream> stream);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Task<void> run();
  // From outside: says `reply` if the client waits for nothing, and ends the session. A running command ends first.
  void leave(const Reply& reply);
  void cancel(const Error& error);  // at once

  // --- For commands
  // ---------------------------------------------------------------------------------------------------

  [[nodiscard]] const Services& services() const { return services_; }
  [[nodiscard]] Role role() const { return role_; }
  [[nodiscard]] const net::PeerFacts& peer() const { return stream_->facts(); }
  [[nodiscard]] const std::string& id() const { return id_; }

  void queue(const Reply& reply) { output_ += reply.wire(); }
  Task<Result<void>> flush();
  // A line that is not a command (SASL). Error{protocol}: too long or not ended by CRLF.
  Task<Result<std::string>> line(std::size_t max);
  // Octets of DATA and BDAT, at least one; take() says how many were used. The view ends with the next co_await.
  Task<Result<std::string_view>> octets(std::size_t max);
  void take(std::size_t octets) { reader_.take(octets); }
  void start_data_phase();  // octets() must come at the least speed from here on
  [[nodiscard]] bool has_unread() const { return !reader_.empty(); }
  void close() { closing_ = true; }  // after the reply of this command
  Task<Result<void>> start_tls();    // handshake; forgets all that was said before (RFC 3207 4.2)

  [[nodiscard]] bool may_send_password() const;  // encrypted, or from a network where that is not asked for
  [[nodiscard]] bool can_start_tls() const;
  [[nodiscard]] net::ChannelBinding channel_binding() const;  // empty without TLS
  [[nodiscard]] Offered offered() const;
  void reset() { transaction.reset(); }

  std::string hello;      // empty until the client has named itself
  bool extended = false;  // by EHLO or LHLO
  std::optional<ldapauth::Account> user;
  std::optional<Transaction> transaction;

 private:
  class IdleTimer final : public loop::Timer {
   public:
    explicit IdleTimer(Session& session) : session_(session) {}
    void expired() override;

   private:
    Session& session_;
  };

  Task<bool> greet();
  Task<void> serve();
  Task<Result<std::string>> next_command();
  Task<Reply> execute(std::string line);
  Task<void> say_farewell(std::string words);
  [[nodiscard]] bool is_error(const Reply& reply) const;

  const Services& services_;
  Role role_;
  std::unique_ptr<net::Stream> stream_;
  net::LineReader reader_;
  std::string id_;
  std::string output_;
  IdleTimer idle_timer_;
  loop::Signal farewell_done_;
  std::optional<Reply> farewell_;  // to be said when the running command is done
  bool idle_ = false;              // waits for a command
  bool saying_farewell_ = false;
  bool closing_ = false;
  unsigned commands_ = 0;
  unsigned errors_ = 0;
  Deadline::Time data_started_{};
  std::uint64_t data_octets_ = 0;
};

}  // namespace mailtree::smtp
