// SPDX-License-Identifier: Apache-2.0
// COPY (RFC 3501 section 6.4.7), MOVE (RFC 6851) and their UID forms, with COPYUID (RFC 4315).
#include "imap/commands/commands.h"
#include "imap/grammar/encoder.h"
#include "imap/grammar/mailbox_name.h"

namespace mailtree::imap::commands {
namespace {

struct CopyArguments {
  SequenceSet set;
  std::string mailbox;
};

bool read_arguments(Decoder& in, CopyArguments& out) {
  return in.space() && read_sequence_set(in, out.set) && in.space() && read_mailbox(in, out.mailbox) && in.end();
}

void append_set(std::string& out, const store::UidSet& uids) {
  bool first = true;
  for (const store::UidRange& range : uids) {
    if (!first) out.push_back(',');
    append_number(out, range.first);
    if (range.last != range.first) {
      out.push_back(':');
      append_number(out, range.last);
    }
    first = false;
  }
}

std::string copyuid(const store::CopyResult& result) {
  std::string code = "COPYUID ";
  append_number(code, result.uidvalidity);
  code.push_back(' ');
  append_set(code, result.source);
  code.push_back(' ');
  append_set(code, result.target);
  return code;
}

template <typename Request>
Task<Result<store::CopyResult>> transfer(Session& session, Request request, store::FolderId target,
                                         store::UidSet uids) {
  [[maybe_unused]] const int frame = 0;
  request.account = session.account().name();
  request.source = session.view()->folder();
  request.uids = std::move(uids);
  request.target = target;
  auto answer = co_await session.account().call(request);
  co_return std::move(answer);
}

Ending run_copy(Session& session, Decoder& in, bool by_uid, bool moves) {
  CopyArguments arguments;
  if (!read_arguments(in, arguments)) co_return in.error();
  if (moves && session.view()->read_only()) co_return Error::permanent(Condition::denied, "Mailbox is read-only");
  const auto runs = session.view()->find(arguments.set, by_uid);
  if (!runs) co_return runs.error();
  const auto target = session.find_folder(arguments.mailbox);
  if (!target) co_return target.error();
  if (runs->empty()) co_return Completion::ok("No matching messages");
  Result<store::CopyResult> result = store::CopyResult();
  store::UidSet uids = session.view()->uids_of(*runs);
  if (moves) {
    store::Move request;
    result = co_await transfer(session, std::move(request), target->id, std::move(uids));
  } else {
    store::Copy request;
    request.quota = session.account().quota();
    result = co_await transfer(session, std::move(request), target->id, std::move(uids));
  }
  if (!result) co_return result.error();
  if (result->source.empty()) co_return Completion::ok("No matching messages");
  if (!moves) co_return Completion::ok(copyuid(*result), "COPY completed");
  // RFC 6851 section 4.3: before the EXPUNGE responses, which the session tells now.
  append_completion(session.out(), "*", Completion::ok(copyuid(*result), "Moved"));
  co_return Completion::ok("MOVE completed");
}

}  // namespace

Ending copy(Session& session, Decoder& arguments) { return run_copy(session, arguments, false, false); }
Ending uid_copy(Session& session, Decoder& arguments) { return run_copy(session, arguments, true, false); }
Ending move(Session& session, Decoder& arguments) { return run_copy(session, arguments, false, true); }
Ending uid_move(Session& session, Decoder& arguments) { return run_copy(session, arguments, true, true); }

}  // namespace mailtree::imap::commands
