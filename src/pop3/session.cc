// SPDX-License-Identifier: Apache-2.0
#include "pop3/session.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/ascii.h"
#include "log/log.h"
#include "pop3/command_table.h"

namespace mailtree::pop3 {
namespace {

// The verb is the first word; blanks at the end are forgiven.
Arguments split(std::string_view line) {
  Arguments words;
  while (!(line = ascii::trim(line)).empty()) {
    const std::size_t blank = line.find_first_of(" \t");
    words.push_back(line.substr(0, blank));
    line = blank == std::string_view::npos ? std::string_view{} : line.substr(blank);
  }
  return words;
}

// Exactly that many octets: a file that became shorter is damage.
Result<std::string> read_exactly(int descriptor, std::uint64_t offset, std::size_t count) {
  std::string out(count, '\0');
  for (std::size_t done = 0; done < count;) {
    const ssize_t got = ::pread(descriptor, out.data() + done, count - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::temporary(Condition::storage, std::string("read message: ") + std::strerror(errno));
    if (got == 0) return Error::temporary(Condition::damaged, "message file became shorter");
    done += static_cast<std::size_t>(got);
  }
  return out;
}

}  // namespace

Session::Session(loop::WorkerPool& pool, const SessionLimits& limits, std::unique_ptr<net::Stream> stream,
                 std::unique_ptr<Mailbox> mailbox, std::string id)
    : pool_(pool),
      limits_(limits),
      stream_(std::move(stream)),
      mailbox_(std::move(mailbox)),
      id_(std::move(id)),
      reader_(*stream_) {}

void Session::stop() {
  closing_ = true;
  if (waiting_) stream_->cancel(Error::cancelled(Condition::stopping, "server is stopping"));
}

Task<void> Session::run() {
  const auto opened = co_await open_maildrop();
  while (opened && !closing_) {
    const auto served = co_await serve_one();
    if (!served) {
      log::event(log::Level::info, "pop3.session.dropped", {{"error", served.error().detail}}, id_);
      break;
    }
  }
  co_await finish();
}

Task<Result<void>> Session::open_maildrop() {
  auto messages = co_await mailbox_->list();
  if (!messages) {
    log::event(log::Level::warning, "pop3.mailbox.unavailable", {{"error", messages.error().detail}}, id_);
    complete(reply_to(messages.error()));
    co_return messages.error();
  }
  maildrop_ = std::make_unique<Maildrop>(std::move(*messages));
  complete(Reply::ok("Signed in, " + std::to_string(maildrop_->count()) + " messages (" +
                     std::to_string(maildrop_->octets()) + " octets)"));
  co_return Result<void>{};
}

Task<Result<void>> Session::serve_one() {
  const bool more_waiting = reader_.has_line();  // pipelined commands are answered together
  if (!more_waiting || out_.size() >= output_high_water) {
    const auto flushed = co_await flush();
    if (!flushed) co_return flushed.error();
  }
  if (!more_waiting) reader_.release_memory();
  waiting_ = true;
  auto line = co_await reader_.line(max_line_bytes, Deadline::after(limits_.idle_timeout));
  waiting_ = false;
  if (!line && line.error().condition == Condition::too_long && line.error().kind == Kind::protocol) {
    complete(Reply::fault("Line too long"));
    co_return Result<void>{};
  }
  if (!line) co_return line.error();
  const auto done = co_await execute(std::move(line->text));
  co_return done;
}

Task<Result<void>> Session::execute(std::string line) {
  const Arguments words = split(line);
  const Command* const command = words.empty() ? nullptr : find_command(words.front());
  if (command == nullptr) {
    complete(Reply::fault("Unknown command"));
    co_return Result<void>{};
  }
  const Arguments arguments(words.begin() + 1, words.end());
  if (arguments.size() < command->least_arguments || arguments.size() > command->most_arguments) {
    complete(Reply::fault("Wrong number of arguments"));
    co_return Result<void>{};
  }
  const auto reply = co_await command->handler(*this, arguments);
  if (reply) {
    complete(*reply);
  } else if (reply.error().kind == Kind::cancelled) {
    co_return reply.error();
  } else if (reply.error().kind == Kind::protocol) {
    complete(Reply::error(reply.error().reply));
  } else {
    log::event(log::Level::warning, "pop3.command.failed", {{"verb", command->verb}, {"error", reply.error().detail}},
               id_);
    complete(reply_to(reply.error()));
  }
  co_return Result<void>{};
}

void Session::complete(const Reply& reply) {
  out_ += print(reply);
  errors_ = reply.client_fault ? errors_ + 1 : 0;
  if (errors_ < limits_.max_errors) return;
  out_ += print(Reply::error("Too many errors"));
  closing_ = true;
}

Task<Result<void>> Session::flush() {
  std::string octets;
  octets.swap(out_);
  if (octets.empty()) co_return Result<void>{};
  const auto written = co_await stream_->write(octets, Deadline::after(limits_.write_timeout));
  co_return written;
}

Task<Result<void>> Session::flush_if_full() {
  [[maybe_unused]] const int frame = 0;
  if (out_.size() < output_high_water) co_return Result<void>{};
  const auto flushed = co_await flush();
  co_return flushed;
}

// On the loop's thread while small: a warm read of that size is shorter than a hop to the pool and back.
Task<Result<std::string>> Session::read(const MessageFile& file, std::uint64_t offset, std::size_t count) {
  const int descriptor = file.descriptor.get();
  if (file.octets <= file_piece_bytes) co_return read_exactly(descriptor, offset, count);
  auto job = [descriptor, offset, count] { return read_exactly(descriptor, offset, count); };
  auto octets = co_await pool_.run(std::move(job));
  co_return std::move(octets);
}

Task<void> Session::finish() {
  const auto flushed = co_await flush();
  if (!flushed) co_return;
  const auto shut = co_await stream_->shut(Deadline::after(std::chrono::seconds(2)));
  static_cast<void>(shut);
}

}  // namespace mailtree::pop3
