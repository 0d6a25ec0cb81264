// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 5: a whole message, in pieces.
#include <algorithm>

#include "pop3/command_table.h"
#include "pop3/message_encoder.h"

namespace mailtree::pop3 {

Task<Result<Reply>> retr(Session& session, const Arguments& arguments) {
  const auto number = session.maildrop().find(arguments[0]);
  if (!number) co_return number.error();
  const Message& message = session.maildrop().message(*number);
  const auto file = co_await session.mailbox().open(message.uid);
  if (!file) co_return file.error();

  MessageEncoder encoder;
  std::string& out = session.out();
  out += "+OK " + std::to_string(message.octets) + " octets\r\n";
  for (std::uint64_t offset = 0; offset < file->octets;) {
    const std::size_t count = std::min<std::uint64_t>(file_piece_bytes, file->octets - offset);
    const auto piece = co_await session.read(*file, offset, count);
    // A half message must not end like a whole one: the connection is dropped.
    if (!piece) co_return Error::cancelled(Condition::damaged, piece.error().detail);
    encoder.feed(*piece, out);
    offset += count;
    const auto flushed = co_await session.flush_if_full();
    if (!flushed) co_return flushed.error();
  }
  encoder.finish(out);
  co_return Reply::said();
}

}  // namespace mailtree::pop3
