// SPDX-License-Identifier: Apache-2.0
// DATA (RFC 5321 4.1.1.4).
#include "smtp/data_reader.h"
#include "smtp/server/commands/commands.h"
#include "smtp/server/reception.h"
#include "smtp/server/replies.h"
#include "smtp/server/session.h"

namespace mailtree::smtp::commands {
namespace {

constexpr std::size_t piece_octets = 256UL * 1024;

// Until CRLF.CRLF, whatever comes: stopping early would run the rest of the message as commands. False: client lost.
Task<bool> read_data(Session& session, Intake& intake) {
  DataReader reader;
  std::string content;
  session.start_data_phase();
  while (!reader.done()) {
    const auto some = co_await session.octets(piece_octets);
    if (!some) co_return false;
    content.clear();
    const std::size_t used = reader.feed(*some, content);
    session.take(used);
    intake.add(content);
  }
  co_return true;
}

}  // namespace

Task<Reply> data(Session& session, std::string argument) {
  [[maybe_unused]] const int frame = 0;
  if (!argument.empty()) co_return replies::syntax("DATA takes no argument");
  if (const auto refusal = check_ready(session)) co_return *refusal;
  Transaction& transaction = *session.transaction;
  if (transaction.intake || transaction.chunk_refused) co_return replies::bad_sequence("BDAT has begun already");
  if (transaction.parameters.body == Body::binary) co_return replies::bad_sequence("BINARYMIME needs BDAT");
  Parsed<std::unique_ptr<Intake>> begun = co_await begin_message(session);
  if (const Reply* refusal = std::get_if<Reply>(&begun)) co_return *refusal;
  transaction.intake = std::get<std::unique_ptr<Intake>>(std::move(begun));
  session.queue({354, "", "End data with <CR><LF>.<CR><LF>"});
  const auto sent = co_await session.flush();
  if (!sent) co_return replies::nothing();
  const bool complete = co_await read_data(session, *transaction.intake);
  if (!complete) {
    session.close();
    co_return replies::nothing();
  }
  const ContentFacts& facts = transaction.intake->facts();
  if (facts.bare_cr || facts.bare_lf) session.close();  // whoever smuggles has no second try
  const Reply reply = co_await conclude_message(session);
  co_return reply;
}

}  // namespace mailtree::smtp::commands
