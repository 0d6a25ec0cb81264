// SPDX-License-Identifier: Apache-2.0
// RFC 1939 section 7: the header, the empty line and the first lines of the body.
#include <algorithm>

#include "base/ascii.h"
#include "pop3/command_table.h"
#include "pop3/message_encoder.h"

namespace mailtree::pop3 {

constexpr std::size_t first_piece_bytes = 16 * 1024;  // most headers are shorter

Task<Result<Reply>> top(Session& session, const Arguments& arguments) {
  const auto number = session.maildrop().find(arguments[0]);
  if (!number) co_return number.error();
  const auto lines = ascii::number<std::uint32_t>(arguments[1]);
  if (!lines) co_return Error::protocol("That is not a number of lines");
  const auto file = co_await session.mailbox().open(session.maildrop().message(*number).uid);
  if (!file) co_return file.error();

  TopCutter cutter(*lines);
  MessageEncoder encoder;
  std::string& out = session.out();
  out += "+OK\r\n";
  std::size_t piece_bytes = first_piece_bytes;
  for (std::uint64_t offset = 0; offset < file->octets && !cutter.done();) {
    const std::size_t count = std::min<std::uint64_t>(piece_bytes, file->octets - offset);
    const auto piece = co_await session.read(*file, offset, count);
    if (!piece) co_return Error::cancelled(Condition::damaged, piece.error().detail);
    encoder.feed(std::string_view(*piece).substr(0, cutter.take(*piece)), out);
    offset += count;
    piece_bytes = file_piece_bytes;
    const auto flushed = co_await session.flush_if_full();
    if (!flushed) co_return flushed.error();
  }
  encoder.feed(cutter.missing_end(), out);
  encoder.finish(out);
  co_return Reply::said();
}

}  // namespace mailtree::pop3
