// SPDX-License-Identifier: Apache-2.0
// Sequence numbers of one session (RFC 3501 sections 2.3.1.2 and 7.4.1).
#include "imap/mailbox_view.h"

#include <algorithm>

#include "imap/grammar/encoder.h"

namespace mailtree::imap {

MailboxView::MailboxView(const store::FolderRow& row, bool read_only, store::Uid first_recent)
    : folder_(row.id),
      uidvalidity_(row.uidvalidity),
      read_only_(read_only),
      first_recent_(first_recent),
      modseq_(row.highestmodseq) {}

std::size_t MailboxView::recent_count() const {
  return static_cast<std::size_t>(uids_.end() - std::lower_bound(uids_.begin(), uids_.end(), first_recent_));
}

std::size_t MailboxView::position_of(store::Uid uid) const {
  const auto found = std::lower_bound(uids_.begin(), uids_.end(), uid);
  return found != uids_.end() && *found == uid ? static_cast<std::size_t>(found - uids_.begin()) : uids_.size();
}

void MailboxView::add_run(std::vector<Run>& runs, std::size_t first, std::size_t last) const {
  if (first < last) runs.push_back({first, last - first});
}

Result<std::vector<Run>> MailboxView::find(const SequenceSet& set, bool by_uid) const {
  std::vector<Run> runs;
  if (!by_uid) {
    if (set.largest_number() > uids_.size() || (uids_.empty() && set.has_star())) {
      return Error::protocol("Invalid message number");
    }
    for (const NumberRange& range : set.resolve(static_cast<std::uint32_t>(uids_.size()))) {
      add_run(runs, range.first - 1, range.last);
    }
    return runs;
  }
  for (const NumberRange& range : set.resolve(last_uid())) {
    const auto first = std::lower_bound(uids_.begin(), uids_.end(), range.first);
    const auto last = std::upper_bound(first, uids_.end(), range.last);
    add_run(runs, static_cast<std::size_t>(first - uids_.begin()), static_cast<std::size_t>(last - uids_.begin()));
  }
  return runs;
}

store::UidSet MailboxView::uids_of(const std::vector<Run>& runs) const {
  store::UidSet out;
  out.reserve(runs.size());
  for (const Run& run : runs) {
    store::UidRange range;
    range.first = uids_[run.first];
    range.last = uids_[run.first + run.count - 1];
    out.push_back(range);
  }
  return out;
}

void MailboxView::note_expunged(const store::UidSet& uids) {
  const std::size_t before = expunged_.size();
  for (const store::UidRange& range : uids) {
    const auto first = std::lower_bound(uids_.begin(), uids_.end(), range.first);
    const auto last = std::upper_bound(first, uids_.end(), range.last);
    expunged_.insert(expunged_.end(), first, last);
  }
  if (expunged_.size() == before) return;
  std::sort(expunged_.begin(), expunged_.end());
  expunged_.erase(std::unique(expunged_.begin(), expunged_.end()), expunged_.end());
}

void MailboxView::note_arrived(store::Uid uid) {
  if (uid <= last_uid()) return;
  uids_.push_back(uid);
  has_arrivals_ = true;
}

bool MailboxView::is_expunged(store::Uid uid) const {
  return std::binary_search(expunged_.begin(), expunged_.end(), uid);
}

void MailboxView::tell_expunged(std::string& out) {
  // From the end, so that each number is still what the client counts.
  for (auto uid = expunged_.rbegin(); uid != expunged_.rend(); ++uid) {
    const std::size_t position = position_of(*uid);
    out.append("* ");
    append_number(out, position + 1);
    out.append(" EXPUNGE\r\n");
    if (position < told_size_) --told_size_;
  }
  std::erase_if(uids_, [this](store::Uid uid) { return is_expunged(uid); });
  std::vector<store::Uid>().swap(expunged_);
}

void MailboxView::tell(Tell what, std::string& out) {
  if (what == Tell::nothing) return;
  // Arrivals that are gone already would be numbers the client has never heard of: they are dropped silently.
  while (!uids_.empty() && uids_.size() > told_size_ && is_expunged(uids_.back())) {
    expunged_.pop_back();  // the largest of both
    uids_.pop_back();
  }
  if (uids_.size() != told_size_) {
    out.append("* ");
    append_number(out, uids_.size());
    out.append(" EXISTS\r\n* ");
    append_number(out, recent_count());
    out.append(" RECENT\r\n");
    told_size_ = uids_.size();
  }
  if (what == Tell::everything && !expunged_.empty()) tell_expunged(out);
}

}  // namespace mailtree::imap
