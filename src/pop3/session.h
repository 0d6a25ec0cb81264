// SPDX-License-Identifier: Apache-2.0
// One POP3 session after sign-in (RFC 1939 TRANSACTION and UPDATE): reads commands, runs their handlers, prints
// replies. Handlers (src/pop3/commands) see the maildrop and add lines to multi-line answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loop/deadline.h"
#include "loop/task.h"
#include "loop/worker_pool.h"
#include "net/line_reader.h"
#include "net/stream.h"
#include "pop3/mailbox.h"
#include "pop3/maildrop.h"
#include "pop3/reply.h"

namespace mailtree::pop3 {

using loop::Deadline;
using loop::Task;

struct SessionLimits {
  std::chrono::milliseconds idle_timeout{std::chrono::minutes(10)};  // RFC 1939 section 3: at least 10 minutes
  std::chrono::milliseconds write_timeout{std::chrono::minutes(5)};  // a client that does not read
  std::size_t max_errors = 20;                                       // mistakes in a row
};

constexpr std::size_t max_line_bytes = 255;            // RFC 2449 section 4
constexpr std::size_t output_high_water = 128 * 1024;  // more makes the handler wait for the client
constexpr std::size_t file_piece_bytes = 256 * 1024;   // of a message in memory at a time

class Session {
 public:
  Session(loop::WorkerPool& pool, const SessionLimits& limits, std::unique_ptr<net::Stream> stream,
          std::unique_ptr<Mailbox> mailbox, std::string id);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Answers the sign-in, then serves until QUIT, an error of the stream, a timeout or stop(). Only QUIT deletes.
  Task<void> run();
  // From outside: ends the session, after the command that is running.
  void stop();
  // From outside: ends it at once.
  void cancel(const Error& error) { stream_->cancel(error); }

  // --- For handlers
  // ---------------------------------------------------------------------------------------------------
  [[nodiscard]] Maildrop& maildrop() { return *maildrop_; }
  [[nodiscard]] Mailbox& mailbox() { return *mailbox_; }
  [[nodiscard]] const std::string& id() const { return id_; }
  void close() { closing_ = true; }

  // Multi-line answers: the status line, then lines or octets; everything with its line end.
  [[nodiscard]] std::string& out() { return out_; }
  Task<Result<void>> flush();
  Task<Result<void>> flush_if_full();
  // Octets [offset, offset + count) of the file, count at most file_piece_bytes.
  Task<Result<std::string>> read(const MessageFile& file, std::uint64_t offset, std::size_t count);

 private:
  Task<Result<void>> open_maildrop();
  Task<Result<void>> serve_one();
  Task<Result<void>> execute(std::string line);
  void complete(const Reply& reply);
  Task<void> finish();

  loop::WorkerPool& pool_;
  const SessionLimits& limits_;
  std::unique_ptr<net::Stream> stream_;
  std::unique_ptr<Mailbox> mailbox_;
  std::string id_;
  net::LineReader reader_;
  std::unique_ptr<Maildrop> maildrop_;
  std::string out_;
  std::size_t errors_ = 0;
  bool closing_ = false;
  bool waiting_ = false;  // for a command
};

}  // namespace mailtree::pop3
