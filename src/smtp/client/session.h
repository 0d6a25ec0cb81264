// SPDX-License-Identifier: Apache-2.0
// A connection to an SMTP or LMTP server as its client (RFC 5321, RFC 2033): open, deliver any number of messages,
// quit. Which host, which port and what to do about a failure is the business of relayd (src/relay).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "loop/task.h"
#include "net/line_reader.h"
#include "net/stream.h"
#include "smtp/client/capabilities.h"
#include "smtp/client/message.h"

namespace mailtree::loop {
class Loop;
}
namespace mailtree::net {
class TlsContext;
}

namespace mailtree::smtp::client {

using loop::Deadline;
using loop::Task;

enum class Tls : unsigned char {
  never,
  opportunistic,  // if offered; a failed handshake is followed by a new connection in clear
  required,       // no STARTTLS, no mail
  immediate,      // from the first octet
};

struct Login {
  std::string user, password;
};

// RFC 5321 4.5.3.2.
struct Patience {
  std::chrono::seconds connect{30};
  std::chrono::seconds greeting{300};
  std::chrono::seconds command{300};  // MAIL, RCPT, EHLO and the rest
  std::chrono::seconds data_start{120};
  std::chrono::seconds data_block{180};
  std::chrono::seconds data_end{600};
};

struct Options {
  std::string hello_name;
  bool lmtp = false;
  Tls tls = Tls::opportunistic;
  std::shared_ptr<net::TlsContext> tls_context;  // null: as Tls::never
  std::string server_name;                       // SNI and, if the context verifies, the name in the certificate
  std::optional<Login> login;                    // only ever sent over TLS
  std::string source_address;
  Patience patience;
};

class Session {
 public:
  // Connects to the numeric address `host` and gets as far as the first MAIL. On failure Error.reply is what the server
  // said, if it did ("554 5.7.1 …"), kind temporary or permanent by its code; our own failures are always temporary.
  static Task<Result<std::unique_ptr<Session>>> connect(loop::Loop& loop, std::string host, std::uint16_t port,
                                                        Options options);
  // The same on a stream that is connected already (tests).
  static Task<Result<std::unique_ptr<Session>>> open(std::unique_ptr<net::Stream> stream, Options options);

  // Both must stay as they are until the Task is done.
  Task<Report> deliver(const Envelope& envelope, const Content& content);
  // Says QUIT, waits a little for the answer. The session is of no use afterwards.
  Task<void> quit();

  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] bool tls() const { return stream_->facts().tls; }
  [[nodiscard]] const net::PeerFacts& peer() const { return stream_->facts(); }
  [[nodiscard]] const Capabilities& capabilities() const { return capabilities_; }
  void cancel(const Error& error) { stream_->cancel(error); }

 private:
  Session(std::unique_ptr<net::Stream> stream, Options options);

  Task<Result<void>> start();
  Task<Result<void>> say_hello();
  Task<Result<void>> start_tls();
  Task<Result<void>> log_in(Login login);
  // Sends `line` and reads its reply. Error: the connection is lost or the server broke the protocol.
  Task<Result<Reply>> command(std::string line, std::chrono::seconds patience);
  Task<Result<Reply>> read_reply(std::chrono::seconds patience);
  Task<Result<void>> write(std::string_view bytes, std::chrono::seconds patience);

  Task<Result<void>> send_envelope(const Envelope& envelope, std::string parameters, Report& report);
  Task<Result<void>> send_content(const Content& content, bool binary, Report& report);
  Task<Result<Reply>> send_data(const Content& content);
  Task<Result<Reply>> send_chunks(const Content& content);
  Task<Result<void>> read_results(Reply first, Report& report);
  Task<void> rewind();  // RSET, so that the next message finds a clean session

  std::unique_ptr<net::Stream> stream_;
  net::LineReader reader_;
  Options options_;
  Capabilities capabilities_;
  std::vector<std::size_t> accepted_;  // indexes of the recipients of the running message
  bool usable_ = false;
  bool handshake_failed_ = false;
  bool content_sent_ = false;  // the end of the running message is on its way: results may follow, one each with LMTP
};

}  // namespace mailtree::smtp::client
