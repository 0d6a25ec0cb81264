// SPDX-License-Identifier: Apache-2.0
// SEARCH and UID SEARCH (RFC 3501 section 6.4.4).
#include "imap/commands/commands.h"
#include "imap/grammar/encoder.h"
#include "imap/search/searcher.h"

namespace mailtree::imap::commands {
namespace {

bool is_supported(const std::string& charset) {
  return charset.empty() || charset == "UTF-8" || charset == "US-ASCII";
}

Ending run_search(Session& session, Decoder& in, bool by_uid) {
  SearchProgram program;
  if (!read_search_program(in, program)) co_return in.error();
  if (!is_supported(program.charset)) {
    co_return Completion::no("BADCHARSET (US-ASCII UTF-8)", "Charset is not supported");
  }
  const auto folder = session.index().folder(session.account().key(), session.view()->folder());
  if (!folder) co_return folder.error();
  auto plan = std::make_shared<const SearchPlan>(SearchPlan::make(program, *session.view(), *folder));
  Searcher searcher(session, std::move(plan));
  const auto found = co_await searcher.run();
  if (!found) co_return found.error();
  std::string& out = session.out();
  out.append("* SEARCH");
  for (const std::uint32_t position : *found) {
    out.push_back(' ');
    append_number(out, by_uid ? session.view()->uid_at(position) : position + 1);
  }
  out.append("\r\n");
  co_return Completion::ok("SEARCH completed");
}

}  // namespace

Ending search(Session& session, Decoder& arguments) { return run_search(session, arguments, false); }
Ending uid_search(Session& session, Decoder& arguments) { return run_search(session, arguments, true); }

}  // namespace mailtree::imap::commands
