// SPDX-License-Identifier: Apache-2.0
// APPEND (RFC 3501 section 6.3.11) and MULTIAPPEND (RFC 3502): each message streams into an unnamed file of the store;
// all become mail in one step, or none does.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "imap/commands/commands.h"
#include "imap/grammar/date.h"
#include "imap/grammar/encoder.h"
#include "imap/grammar/flag.h"
#include "imap/grammar/mailbox_name.h"
#include "mime/line_ends.h"

namespace mailtree::imap::commands {
namespace {

// Of one command. All go to the store in one frame, and a frame carries no more descriptors (net/channel.h).
constexpr std::size_t max_messages = 16;

// Flags and date in front of a literal. Behind them nothing but its announcement.
bool read_message_arguments(Decoder& in, store::AppendMessage& out) {
  FlagList flags;
  if (in.peek() == '(' && (!read_flag_list(in, flags) || !in.space())) return false;
  if (in.peek() == '"' && (!read_date_time(in, out.internal_date) || !in.space())) return false;
  if (in.peek() != '{' && in.peek() != '~') return in.fail("Expected a message as a literal");
  out.flags = flags.system;
  out.keywords = std::move(flags.keywords);
  return true;
}

Result<void> write_all(int fd, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t written = ::write(fd, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Error::temporary(Condition::storage, std::string("write message: ") + std::strerror(errno));
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// An empty message is no message (RFC 3502: a zero-length literal aborts).
Result<void> check_size(const PendingLiteral& literal, std::uint64_t limit) {
  if (literal.octets == 0) return Error::permanent(Condition::cannot, "Message is empty");
  if (literal.octets > limit) return Error::permanent(Condition::too_big, "Message too large");
  return {};
}

// The literal into a file; fills in the sizes of `message`.
Task<Result<UniqueFd>> receive(Session& session, store::AppendMessage& message) {
  store::NewMessageFile request;
  const Result<void> acceptable = check_size(*session.literal(), session.limits().max_message_bytes);
  if (!acceptable) co_return acceptable.error();
  request.expected_size = session.literal()->octets;
  std::vector<UniqueFd> none;
  auto opened = co_await session.account().call_with(request, std::move(none));
  if (!opened) co_return opened.error();
  if (opened->descriptors.size() != 1) co_return Error::temporary(Condition::unavailable, "no descriptor came along");
  UniqueFd file = std::move(opened->descriptors[0]);
  const auto accepted = co_await session.accept_literal();
  if (!accepted) co_return accepted.error();
  message.size = session.literal()->octets;
  mime::CrlfCounter counter;
  while (session.literal()->octets > 0) {
    const auto part = co_await session.read_literal();
    if (!part) co_return part.error();
    if (part->find('\0') != std::string_view::npos) {
      co_return Error::permanent(Condition::cannot, "Message contains NUL octets");
    }
    counter.feed(*part);
    const Result<void> written = write_all(file.get(), *part);
    if (!written) co_return written.error();
    session.consume_literal(part->size());
  }
  message.crlf_size = counter.octets();
  co_return std::move(file);
}

std::string appenduid(const store::Append::Reply& reply) {
  std::string code = "APPENDUID ";
  append_number(code, reply.uidvalidity);
  char before = ' ';
  for (const store::UidRange& range : reply.uids) {
    code.push_back(before);
    append_number(code, range.first);
    if (range.last != range.first) {
      code.push_back(':');
      append_number(code, range.last);
    }
    before = ',';
  }
  return code;
}

// Quota is checked before the octets travel, and by the store once more when they are there.
Task<Result<void>> check_quota(Session& session, std::uint64_t size) {
  store::MayAccept request;
  request.account = session.account().name();
  request.quota = session.account().quota();
  request.size = size;
  request.delivery = false;
  const auto answer = co_await session.account().call(request);
  if (!answer) co_return answer.error();
  if (!answer->accepted)
    co_return Error::permanent(Condition::over_quota,
                               answer->domain_full ? "Quota of the domain exceeded" : "Mailbox is full");
  co_return Result<void>{};
}

// Messages one after the other until the command's line ends.
Task<Result<void>> receive_all(Session& session, store::AppendMessage first, store::Append& request,
                               std::vector<UniqueFd>& files) {
  store::AppendMessage message = std::move(first);
  for (;;) {
    auto file = co_await receive(session, message);
    if (!file) co_return file.error();
    request.messages.push_back(std::move(message));
    files.push_back(std::move(*file));
    const auto line = co_await session.read_behind_literal();
    if (!line) co_return line.error();
    if (line->empty()) co_return Result<void>{};
    if (request.messages.size() >= max_messages) {
      co_return Error::permanent(Condition::limit, "Too many messages in one command");
    }
    message = store::AppendMessage();
    Decoder in(*line, Quoting::utf8);
    if (!in.space() || !read_message_arguments(in, message)) co_return in.error();
    if (!session.literal()) co_return Error::protocol("Expected a message as a literal");
  }
}

}  // namespace

Ending append(Session& session, Decoder& in) {
  std::string mailbox;
  store::AppendMessage first;
  if (!in.space() || !read_mailbox(in, mailbox) || !in.space() || !read_message_arguments(in, first)) {
    co_return in.error();
  }
  if (!session.literal()) co_return Error::protocol("Expected a message as a literal");
  const auto folder = session.find_folder(mailbox);
  if (!folder) co_return folder.error();
  const auto accepted = co_await check_quota(session, session.literal()->octets);
  if (!accepted) co_return accepted.error();
  store::Append request;
  std::vector<UniqueFd> files;
  const auto received = co_await receive_all(session, std::move(first), request, files);
  if (!received) co_return received.error();
  request.account = session.account().name();
  request.folder = folder->id;
  request.quota = session.account().quota();
  const auto answer = co_await session.account().call_with(request, std::move(files));
  if (!answer) co_return answer.error();
  co_return Completion::ok(appenduid(answer->value), "APPEND completed");
}

}  // namespace mailtree::imap::commands
