// SPDX-License-Identifier: Apache-2.0
// SELECT and EXAMINE (RFC 3501 sections 6.3.1 and 6.3.2), MAILBOXID (RFC 8474).
#include "imap/commands/commands.h"
#include "imap/fetch/row_writer.h"
#include "imap/grammar/encoder.h"
#include "imap/grammar/mailbox_name.h"
#include "loop/signal.h"

namespace mailtree::imap::commands {
namespace {

// A large mailbox is read in parts, so that other sessions are served between them.
constexpr std::size_t rows_at_once = 20000;

struct Opening {
  std::unique_ptr<MailboxView> view;
  store::FolderRow folder;
  std::size_t first_unseen = 0;  // message number; 0 if none
};

// What stored said of the mailbox as a whole, without looking at a row for each message. Of that moment: what the index
// shows beyond it has a higher modseq, and the next sync() brings it.
void take_uids(const store::OpenMailbox::Reply& answer, Opening& opening) {
  opening.view->reserve(answer.messages);
  for (const store::UidRange& range : answer.uids) {
    for (store::Uid uid = range.first;; ++uid) {
      opening.view->add(uid);
      if (uid == range.last) break;
    }
  }
  opening.view->set_modseq(answer.highestmodseq);
  opening.first_unseen = answer.first_unseen;
  opening.folder.uidnext = answer.uidnext;
}

// Reads the uids, row by row. What changes meanwhile has a modseq above the first row's: the next sync() brings it.
Task<Result<void>> read_uids(Session& session, Opening& opening) {
  store::Uid next = 1;
  for (bool more = true; more;) {
    MailboxView& view = *opening.view;
    std::size_t left = rows_at_once;
    const auto visit = [&opening, &view, &left](const store::MessageRow& row) {
      view.add(row.uid);
      if (opening.first_unseen == 0 && (row.flags & store::flag::seen) == 0) opening.first_unseen = view.size();
      return --left > 0;
    };
    const auto row = session.index().for_each(session.account().key(), view.folder(), next, UINT32_MAX, visit);
    if (!row) co_return row.error();
    more = left == 0;
    next = view.last_uid() + 1;
    if (more) co_await loop::yield(session.loop());
  }
  opening.view->shrink();
  co_return Result<void>{};
}

void append_counts(std::string& out, const Opening& opening, store::Uid uidnext) {
  const auto line = [&out](std::string_view before, std::uint64_t number, std::string_view after) {
    out.append(before);
    append_number(out, number);
    out.append(after).append("\r\n");
  };
  append_folder_flags(out, opening.folder, opening.view->read_only());
  line("* ", opening.view->size(), " EXISTS");
  line("* ", opening.view->recent_count(), " RECENT");
  if (opening.first_unseen != 0) line("* OK [UNSEEN ", opening.first_unseen, "] First unseen");
  line("* OK [UIDVALIDITY ", opening.view->uidvalidity(), "] UIDs valid");
  line("* OK [UIDNEXT ", uidnext, "] Predicted next UID");
  out.append("* OK [MAILBOXID (").append(opening.folder.object_id).append(")] Object id of the mailbox\r\n");
}

Ending run_select(Session& session, Decoder& in, bool read_only) {
  std::string mailbox;
  if (!in.space() || !read_mailbox(in, mailbox) || !in.end()) co_return in.error();
  // RFC 3501 section 6.3.1: whatever comes of it, the former mailbox is no longer selected.
  co_await session.unselect();
  auto named = session.find_folder(mailbox);
  if (!named) co_return named.error();
  store::OpenMailbox request;
  request.account = session.account().name();
  request.folder = named->id;
  request.read_write = !read_only;
  const auto answer = co_await session.account().call(request);
  if (!answer) co_return answer.error();
  Opening opening;
  auto folder = session.index().folder(session.account().key(), named->id);
  if (!folder) co_return folder.error();
  opening.folder = std::move(*folder);
  opening.view = std::make_unique<MailboxView>(opening.folder, read_only, answer->first_recent);
  if (answer->uids.empty() && answer->messages != 0) {
    const auto read = co_await read_uids(session, opening);
    if (!read) co_return read.error();
  } else {
    take_uids(*answer, opening);
  }
  opening.view->set_told();
  opening.view->set_told_keywords(opening.folder.keywords.size());
  append_counts(session.out(), opening, std::max(opening.folder.uidnext, opening.view->last_uid() + 1));
  session.select(std::move(opening.view));
  if (read_only) co_return Completion::ok("READ-ONLY", "EXAMINE completed");
  co_return Completion::ok("READ-WRITE", "SELECT completed");
}

}  // namespace

Ending select(Session& session, Decoder& arguments) { return run_select(session, arguments, false); }
Ending examine(Session& session, Decoder& arguments) { return run_select(session, arguments, true); }

}  // namespace mailtree::imap::commands
