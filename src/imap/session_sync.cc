// SPDX-License-Identifier: Apache-2.0
// Changes of the selected mailbox: taken from the index by modseq, told as RFC 3501 section 7.4.1 allows. Also IDLE
// (RFC 2177), where they are told as they happen.
#include "imap/fetch/message_file.h"
#include "imap/fetch/row_writer.h"
#include "imap/grammar/encoder.h"
#include "imap/session.h"
#include "log/log.h"

namespace mailtree::imap {
namespace {

constexpr std::size_t rows_at_once = 1000;

// uids of the view that the index no longer has. For changes older than the index remembers.
Result<void> compare_all(const store::IndexReader& index, store::AccountKey key, MailboxView& view) {
  std::vector<store::Uid> present;
  const auto visit = [&present](const store::MessageRow& row) {
    present.push_back(row.uid);
    return true;
  };
  const auto folder = index.for_each(key, view.folder(), 1, view.last_uid(), visit);
  if (!folder) return folder.error();
  store::UidSet gone;
  std::size_t at = 0;
  for (const store::Uid uid : view.uids()) {
    while (at < present.size() && present[at] < uid) ++at;
    if (at < present.size() && present[at] == uid) continue;
    store::UidRange range;
    range.first = range.last = uid;
    gone.push_back(range);
  }
  view.note_expunged(gone);
  return {};
}

// All arrivals at once and in order: rows by modseq could bring a higher uid first.
Result<void> take_arrivals(const store::IndexReader& index, store::AccountKey key, MailboxView& view) {
  const auto visit = [&view](const store::MessageRow& row) {
    view.note_arrived(row.uid);
    return true;
  };
  const auto folder = index.for_each(key, view.folder(), view.last_uid() + 1, UINT32_MAX, visit);
  if (!folder) return folder.error();
  return {};
}

// Changed flags of messages the client knows.
void tell_flags(const store::Changes& changes, const MailboxView& view, bool with_uid, store::Modseq own,
                std::string& out) {
  for (const store::MessageRow& row : changes.changed) {
    const std::size_t position = view.position_of(row.uid);
    if (row.modseq == own || position == view.size() || view.is_expunged(row.uid)) continue;
    append_fetch_start(out, position + 1);
    if (with_uid) {
      out.append("UID ");
      append_number(out, row.uid);
      out.push_back(' ');
    }
    append_flags_item(out, row, changes.folder, view.is_recent(row.uid));
    out.append(")\r\n");
  }
}

}  // namespace

// RFC 2180 section 3.3: a session may be ended when its mailbox is taken away.
void Session::lose_mailbox() {
  out_.append("* BYE Selected mailbox no longer exists\r\n");
  view_.reset();
  closing_ = true;
}

Task<Result<void>> Session::sync(Tell tell, bool with_uid, store::Modseq own) {
  bool arrivals = false;
  for (;;) {
    if (!view_) co_return Result<void>{};
    auto folder = index().folder(account_->key(), view_->folder());
    if (!folder && folder.error().condition != Condition::no_such_mailbox) co_return folder.error();
    if (!folder || folder->uidvalidity != view_->uidvalidity()) {
      lose_mailbox();
      co_return Result<void>{};
    }
    if (folder->highestmodseq <= view_->modseq()) break;
    auto changes = index().changes(account_->key(), view_->folder(), view_->modseq(), rows_at_once);
    if (!changes) co_return changes.error();
    if (changes->forgotten) {
      const auto compared = compare_all(index(), account_->key(), *view_);
      if (!compared) co_return compared.error();
    }
    view_->note_expunged(changes->expunged);
    if (tell != Tell::nothing && changes->folder.keywords.size() != view_->told_keywords()) {
      append_folder_flags(out_, changes->folder, view_->read_only());
      view_->set_told_keywords(changes->folder.keywords.size());
    }
    tell_flags(*changes, *view_, with_uid, own, out_);
    const store::Modseq before = view_->modseq();
    view_->set_modseq(changes->forgotten ? changes->folder.highestmodseq : changes->complete_to);
    arrivals = true;
    const auto flushed = co_await flush_if_full();
    if (!flushed) co_return flushed.error();
    if (view_->modseq() <= before) break;  // an index that does not move on must not hold us
  }
  if (arrivals) {
    const auto taken = take_arrivals(index(), account_->key(), *view_);
    if (!taken) co_return taken.error();
  }
  view_->tell(tell, out_);
  co_return Result<void>{};
}

Task<Result<void>> Session::begin_idle() {
  [[maybe_unused]] const int frame = 0;
  if (view_) {
    const auto told = co_await sync(Tell::everything, false);
    if (!told) co_return told.error();
  }
  out_.append("+ idling\r\n");
  const auto flushed = co_await flush();
  if (!flushed) co_return flushed.error();
  message_cache_.reset();
  account_->close_files();
  idling_ = true;
  // A notice between sync() and here has found nobody.
  changed(store::no_folder, 0);
  co_return Result<void>{};
}

Task<void> Session::end_idle() {
  [[maybe_unused]] const int frame = 0;
  idling_ = false;
  while (telling_) {
    const auto told = co_await idle_told_.wait(Deadline::never());
    static_cast<void>(told);
  }
}

void Session::changed(store::FolderId folder, store::Modseq modseq) {
  if (!idling_ || !view_ || (folder != store::no_folder && folder != view_->folder())) return;
  if (folder != store::no_folder && modseq <= view_->modseq()) return;
  tell_again_ = true;
  if (!telling_ && !closing_) around_.tasks.spawn(tell_while_idle());
}

// Runs beside the session, which waits for DONE; end_idle() waits for this.
Task<void> Session::tell_while_idle() {
  [[maybe_unused]] const int frame = 0;
  telling_ = true;
  while (tell_again_ && idling_ && !closing_) {
    tell_again_ = false;
    const auto told = co_await sync(Tell::everything, false);
    const auto flushed = co_await flush();
    if (!told || !flushed) break;
  }
  telling_ = false;
  idle_told_.set();
  if (closing_ && idling_) stream_->cancel(Error::cancelled(Condition::closed, "mailbox is gone"));
}

}  // namespace mailtree::imap
