// SPDX-License-Identifier: Apache-2.0
// FETCH and UID FETCH (RFC 3501 sections 6.4.5 and 6.4.8).
#include "imap/commands/commands.h"
#include "imap/fetch/fetcher.h"
#include "imap/grammar/sequence_set.h"

namespace mailtree::imap::commands {
namespace {

struct FetchArguments {
  SequenceSet set;
  std::vector<FetchItem> items;
};

bool read_arguments(Decoder& in, FetchArguments& out) {
  return in.space() && read_sequence_set(in, out.set) && in.space() && read_fetch_items(in, out.items) && in.end();
}

Ending run_fetch(Session& session, Decoder& in, bool by_uid) {
  FetchArguments arguments;
  if (!read_arguments(in, arguments)) co_return in.error();
  auto runs = session.view()->find(arguments.set, by_uid);
  if (!runs) co_return runs.error();
  Fetcher fetcher(session, std::move(arguments.items), by_uid);
  const auto done = co_await fetcher.run(std::move(*runs));
  if (!done) co_return done.error();
  if (fetcher.failure()) co_return *fetcher.failure();
  // RFC 2180 section 4.1.2: others have expunged what this session still counts.
  if (fetcher.missed() && !by_uid) {
    co_return Completion::no("EXPUNGEISSUED", "Some of the messages no longer exist");
  }
  co_return Completion::ok("FETCH completed");
}

}  // namespace

Ending fetch(Session& session, Decoder& arguments) { return run_fetch(session, arguments, false); }
Ending uid_fetch(Session& session, Decoder& arguments) { return run_fetch(session, arguments, true); }

}  // namespace mailtree::imap::commands
