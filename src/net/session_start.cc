// SPDX-License-Identifier: Apache-2.0
#include "net/session_start.h"

#include "loop/socket.h"
#include "net/channel.h"
#include "net/wire.h"

namespace mailtree::net {

Task<Result<StartedSession>> receive_session(loop::Loop& loop, UniqueFd connection, Deadline deadline) {
  auto channel = std::make_unique<Channel>(loop, std::move(connection));
  auto frame = co_await channel->receive(deadline);
  if (!frame) co_return frame.error();
  if (frame->type != SessionStart::type) co_return Error::temporary(Condition::syntax, "not a session start");
  auto start = decode<SessionStart>(frame->body);
  if (!start) co_return start.error();

  std::string early;  // of the Unix connection: what the front spliced behind the frame
  UniqueFd socket = channel->take_socket(early);
  channel.reset();
  const bool passed = !frame->descriptors.empty();
  if (passed) socket = std::move(frame->descriptors.front());
  auto adopted = loop::Socket::adopt(loop, std::move(socket));
  if (!adopted) co_return adopted.error();
  auto stream = plain_stream(std::move(*adopted));
  std::string& input = stream->input();
  input.insert(0, passed ? start->unread : start->unread + early);
  StartedSession session(std::move(*start), std::move(stream));
  co_return std::move(session);
}

Task<Result<std::unique_ptr<Stream>>> send_session(loop::Loop& loop, UniqueFd connection, SessionStart start,
                                                   UniqueFd descriptor, Deadline deadline) {
  const bool pass = static_cast<bool>(descriptor);
  auto channel = std::make_unique<Channel>(loop, std::move(connection));
  Frame frame(SessionStart::type, 1, encode(start));
  if (pass) frame.descriptors.push_back(std::move(descriptor));
  channel->send(std::move(frame));
  const auto sent = co_await channel->flushed(deadline);
  if (!sent) co_return sent.error();
  std::unique_ptr<Stream> stream;
  if (pass) co_return std::move(stream);
  std::string early;
  UniqueFd fd = channel->take_socket(early);
  channel.reset();
  auto adopted = loop::Socket::adopt(loop, std::move(fd));
  if (!adopted) co_return adopted.error();
  stream = plain_stream(std::move(*adopted));
  stream->input().insert(0, early);
  co_return std::move(stream);
}

}  // namespace mailtree::net
