// SPDX-License-Identifier: Apache-2.0
// STORE and UID STORE (RFC 3501 section 6.4.6).
#include "imap/commands/commands.h"
#include "imap/fetch/fetcher.h"
#include "imap/grammar/flag.h"

namespace mailtree::imap::commands {
namespace {

struct StoreArguments {
  SequenceSet set;
  store::FlagMode mode = store::FlagMode::replace;
  bool silent = false;
  FlagList flags;
};

bool read_arguments(Decoder& in, StoreArguments& out) {
  if (!in.space() || !read_sequence_set(in, out.set) || !in.space()) return false;
  if (in.skip('+')) {
    out.mode = store::FlagMode::add;
  } else if (in.skip('-')) {
    out.mode = store::FlagMode::remove;
  }
  if (in.skip_word("FLAGS.SILENT")) {
    out.silent = true;
  } else if (!in.skip_word("FLAGS")) {
    return in.fail("Expected FLAGS");
  }
  return in.space() && read_store_flags(in, out.flags) && in.end();
}

// The new flags of all messages named, changed or not.
Task<Result<void>> tell_flags(Session& session, std::vector<Run> runs, bool by_uid) {
  FetchItem flags;
  flags.kind = FetchItem::Kind::flags;
  Fetcher fetcher(session, std::vector<FetchItem>(1, flags), by_uid);
  const auto told = co_await fetcher.run(std::move(runs));
  co_return told;
}

Ending run_store(Session& session, Decoder& in, bool by_uid) {
  StoreArguments arguments;
  if (!read_arguments(in, arguments)) co_return in.error();
  if (session.view()->read_only()) co_return Error::permanent(Condition::denied, "Mailbox is read-only");
  auto runs = session.view()->find(arguments.set, by_uid);
  if (!runs) co_return runs.error();
  if (runs->empty()) co_return Completion::ok("No matching messages");
  store::Store request;
  request.account = session.account().name();
  request.folder = session.view()->folder();
  request.uids = session.view()->uids_of(*runs);
  request.mode = static_cast<std::uint8_t>(arguments.mode);
  request.flags = arguments.flags.system;
  request.keywords = std::move(arguments.flags.keywords);
  const auto answer = co_await session.account().call(request);
  if (!answer) co_return answer.error();
  if (!arguments.silent) {
    const auto told = co_await tell_flags(session, std::move(*runs), by_uid);
    if (!told) co_return told.error();
  }
  const Tell tell = by_uid ? Tell::everything : Tell::no_expunge;
  const auto synced = co_await session.sync(tell, by_uid, answer->modseq);
  if (!synced) co_return synced.error();
  co_return Completion::ok("STORE completed");
}

}  // namespace

Ending store(Session& session, Decoder& arguments) { return run_store(session, arguments, false); }
Ending uid_store(Session& session, Decoder& arguments) { return run_store(session, arguments, true); }

}  // namespace mailtree::imap::commands
