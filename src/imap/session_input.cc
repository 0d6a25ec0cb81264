// SPDX-License-Identifier: Apache-2.0
// What a session reads: whole commands with their literals, the message of APPEND, DONE. Replies are sent only when no
// further command is waiting in the buffer (pipelining).
#include "imap/grammar/literal_header.h"
#include "imap/session.h"

namespace mailtree::imap {
namespace {

// Octets that are read past after a refusal; more of them end the session.
constexpr std::uint64_t max_skipped_bytes = 128ULL << 20;
constexpr std::size_t literal_part_bytes = 64 * 1024;
// What an idle session keeps of its output buffer.
constexpr std::size_t kept_output_bytes = 64;

}  // namespace

// Before a wait: everything said is sent, and memory is given back.
Task<Result<void>> Session::rest() {
  [[maybe_unused]] const int frame = 0;
  if (reader_.has_line()) co_return Result<void>{};
  const auto flushed = co_await flush();
  reader_.release_memory();
  if (out_.capacity() > kept_output_bytes) std::string().swap(out_);
  co_return flushed;
}

Task<Result<void>> Session::read_command() {
  [[maybe_unused]] const int frame = 0;
  ready_ = false;
  buffer_.clear();
  const auto rested = co_await rest();
  if (!rested) co_return rested.error();
  waiting_ = true;
  auto line = co_await reader_.line(limits().command.line, Deadline::after(limits().idle_timeout));
  waiting_ = false;
  for (bool first = true;; first = false) {
    if (!first) {
      line = co_await reader_.line(limits().command.line, Deadline::after(limits().read_timeout));
    }
    if (!line) {
      if (line.error().kind == Kind::cancelled) co_return line.error();
      complete(completion_of(line.error(), false));
      co_return Result<void>{};
    }
    if (buffer_.empty() && line->text.empty()) co_return Result<void>{};  // an empty line is no command and no offence
    const CommandBuffer::Step step = buffer_.add_line(line->text);
    const auto taken = co_await take_step(step);
    if (!taken) co_return taken.error();
    if (step != CommandBuffer::Step::literal && step != CommandBuffer::Step::skip) co_return Result<void>{};
  }
}

Task<Result<void>> Session::take_step(CommandBuffer::Step step) {
  Result<void> done;
  switch (step) {
    case CommandBuffer::Step::complete: ready_ = true; break;
    case CommandBuffer::Step::literal: done = co_await take_literal_into_buffer(); break;
    case CommandBuffer::Step::skip: done = co_await skip_octets(buffer_.octets()); break;
    case CommandBuffer::Step::message:
      literal_.emplace();
      literal_->octets = buffer_.octets();
      literal_->waits = buffer_.waits();
      ready_ = unread_ = true;
      break;
    case CommandBuffer::Step::refused: complete(completion_of(buffer_.error(), false)); break;
    case CommandBuffer::Step::lost: done = Error::cancelled(Condition::limit, "literal too large to skip"); break;
  }
  co_return done;
}

Task<Result<void>> Session::take_literal_into_buffer() {
  [[maybe_unused]] const int frame = 0;
  if (buffer_.waits()) {
    out_.append("+ OK\r\n");
    const auto flushed = co_await flush();
    if (!flushed) co_return flushed.error();
  }
  const auto octets = co_await reader_.exactly(buffer_.octets(), Deadline::after(limits().read_timeout));
  if (!octets) co_return octets.error();
  buffer_.add_literal(*octets);
  co_return Result<void>{};
}

Task<Result<void>> Session::skip_octets(std::uint64_t octets) {
  [[maybe_unused]] const int frame = 0;
  if (octets > max_skipped_bytes) co_return Error::cancelled(Condition::limit, "literal too large to skip");
  while (octets > 0) {
    const auto part = co_await reader_.some(std::min<std::uint64_t>(octets, literal_part_bytes),
                                            Deadline::after(limits().read_timeout));
    if (!part) co_return part.error();
    octets -= part->size();
    reader_.take(part->size());
  }
  co_return Result<void>{};
}

Task<Result<std::string>> Session::read_line() {
  const auto rested = co_await rest();
  if (!rested) co_return rested.error();
  waiting_ = true;
  auto line = co_await reader_.line(limits().command.line, Deadline::after(limits().idle_timeout));
  waiting_ = false;
  if (!line) co_return line.error();
  co_return std::move(line->text);
}

Task<Result<void>> Session::accept_literal() {
  [[maybe_unused]] const int frame = 0;
  if (!literal_ || !literal_->waits) co_return Result<void>{};
  literal_->waits = false;
  out_.append("+ OK\r\n");
  const auto flushed = co_await flush();
  co_return flushed;
}

Task<Result<std::string_view>> Session::read_literal() {
  const std::size_t most = std::min<std::uint64_t>(literal_->octets, literal_part_bytes);
  const auto part = co_await reader_.some(most, Deadline::after(limits().read_timeout));
  co_return part;
}

void Session::consume_literal(std::size_t octets) {
  reader_.take(octets);
  literal_->octets -= octets;
}

Task<Result<std::string>> Session::read_behind_literal() {
  LiteralHeader header;
  literal_.reset();
  auto line = co_await reader_.line(limits().command.line, Deadline::after(limits().read_timeout));
  if (!line) co_return line.error();
  if (find_literal_header(line->text, header) == LineEnd::literal) {
    literal_.emplace();
    literal_->octets = header.octets;
    literal_->waits = header.waits;
  } else {
    unread_ = false;
  }
  co_return std::move(line->text);
}

// RFC 7888 section 4: what is on its way must be read, or its octets would be taken for commands.
Task<Result<void>> Session::skip_unread() {
  [[maybe_unused]] const int frame = 0;
  while (unread_) {
    if (literal_ && literal_->waits) break;  // the client sends nothing before our "+": it gets the completion instead
    if (literal_) {
      const auto skipped = co_await skip_octets(literal_->octets);
      if (!skipped) co_return skipped.error();
    }
    const auto line = co_await read_behind_literal();
    if (!line) co_return line.error();
  }
  unread_ = false;
  literal_.reset();
  co_return Result<void>{};
}

}  // namespace mailtree::imap
