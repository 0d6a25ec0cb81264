// SPDX-License-Identifier: Apache-2.0
// BDAT (RFC 3030 section 2). Exactly the announced octets are read in every case, so that none is ever taken for a
// command.
#include <algorithm>

#include "config/settings.h"
#include "smtp/server/commands/commands.h"
#include "smtp/server/reception.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {
namespace {

constexpr std::size_t piece_octets = 256UL * 1024;

// Null `intake`: the octets are thrown away. False: client lost.
Task<bool> read_chunk(Session& session, Intake* intake, std::uint64_t size) {
  std::uint64_t left = size;
  session.start_data_phase();
  while (left > 0) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_octets));
    const auto some = co_await session.octets(most);
    if (!some) co_return false;
    if (intake != nullptr) intake->add(*some);
    left -= some->size();
    session.take(some->size());
  }
  co_return true;
}

Task<Reply> refuse_chunk(Session& session, std::uint64_t size, Reply refusal) {
  [[maybe_unused]] const int frame = 0;
  if (session.transaction) {
    session.transaction->chunk_refused = true;
    session.transaction->intake.reset();
  }
  const bool complete = co_await read_chunk(session, nullptr, size);
  if (!complete) session.close();
  co_return complete ? refusal : replies::nothing();
}

std::optional<Reply> check(const Session& session) {
  if (session.transaction && session.transaction->chunk_refused)
    return replies::bad_sequence("A chunk was refused: say RSET");
  return check_ready(session);
}

}  // namespace

Task<Reply> bdat(Session& session, std::string argument) {
  const Parsed<BdatCommand> parsed = parse_bdat(argument);
  if (const Reply* refusal = std::get_if<Reply>(&parsed)) {
    session.close();  // how many octets follow is not known: none of them may become a command
    co_return *refusal;
  }
  const BdatCommand command = std::get<BdatCommand>(parsed);
  std::optional<Reply> refusal = check(session);
  if (!refusal && !session.transaction->intake) {
    Parsed<std::unique_ptr<Intake>> begun = co_await begin_message(session);
    if (const Reply* refused = std::get_if<Reply>(&begun)) {
      refusal = *refused;
    } else {
      session.transaction->intake = std::get<std::unique_ptr<Intake>>(std::move(begun));
    }
  }
  if (refusal) {
    const Reply reply = co_await refuse_chunk(session, command.size, *refusal);
    co_return reply;
  }
  Intake& intake = *session.transaction->intake;
  const bool complete = co_await read_chunk(session, &intake, command.size);
  if (!complete) {
    session.close();
    co_return replies::nothing();
  }
  if (!command.last) {
    if (intake.facts().octets > session.services().settings.smtp.max_message_bytes) {
      const Reply reply = co_await refuse_chunk(session, 0, replies::too_big());
      co_return reply;
    }
    co_return Reply{250, "2.0.0", std::to_string(command.size) + " octets received"};
  }
  const Reply reply = co_await conclude_message(session);
  co_return reply;
}

}  // namespace mailtree::smtp::commands
