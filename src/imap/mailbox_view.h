// SPDX-License-Identifier: Apache-2.0
// What one session knows of its selected mailbox: message n has this uid. Changes of others are taken in at once but
// told only when RFC 3501 section 7.4.1 allows: an expunged message keeps its number until then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "imap/grammar/sequence_set.h"
#include "store/index_reader.h"

namespace mailtree::imap {

// What may be told to the client now.
enum class Tell : unsigned char {
  nothing,     // between commands, outside of IDLE
  no_expunge,  // during FETCH, STORE and SEARCH by message number
  everything,
};

// `count` messages from `first` on, counted from 0.
struct Run {
  std::size_t first = 0;
  std::size_t count = 0;
};

class MailboxView {
 public:
  MailboxView(const store::FolderRow& row, bool read_only, store::Uid first_recent);

  [[nodiscard]] store::FolderId folder() const { return folder_; }
  [[nodiscard]] std::uint32_t uidvalidity() const { return uidvalidity_; }
  [[nodiscard]] bool read_only() const { return read_only_; }
  [[nodiscard]] std::size_t size() const { return uids_.size(); }
  [[nodiscard]] store::Uid uid_at(std::size_t position) const { return uids_[position]; }
  [[nodiscard]] store::Uid last_uid() const { return uids_.empty() ? 0 : uids_.back(); }
  [[nodiscard]] store::Modseq modseq() const { return modseq_; }
  [[nodiscard]] bool is_recent(store::Uid uid) const { return uid >= first_recent_; }
  [[nodiscard]] std::size_t recent_count() const;
  [[nodiscard]] bool has_arrivals() const { return has_arrivals_; }  // since SELECT: not yet claimed as recent

  // Messages of the set in this view, by ascending runs. Numbers beyond the last message are BAD (RFC 3501 section 9);
  // uids that do not exist are passed over.
  [[nodiscard]] Result<std::vector<Run>> find(const SequenceSet& set, bool by_uid) const;
  // The same as uid ranges; nothing but the messages of the view lies in them.
  [[nodiscard]] store::UidSet uids_of(const std::vector<Run>& runs) const;
  [[nodiscard]] const std::vector<store::Uid>& uids() const { return uids_; }
  // Position of a uid, or size().
  [[nodiscard]] std::size_t position_of(store::Uid uid) const;

  // While the mailbox is opened: uids in ascending order.
  void reserve(std::size_t messages) { uids_.reserve(messages); }
  void add(store::Uid uid) { uids_.push_back(uid); }
  void shrink() { uids_.shrink_to_fit(); }

  // --- Changes. The session brings them from the index, in this order, then calls tell().
  void note_expunged(const store::UidSet& uids);
  void note_arrived(store::Uid uid);  // ascending, above last_uid()
  void set_modseq(store::Modseq modseq) { modseq_ = modseq; }
  [[nodiscard]] bool has_untold() const { return !expunged_.empty() || told_size_ != uids_.size(); }
  [[nodiscard]] bool is_expunged(store::Uid uid) const;

  // "* n EXPUNGE", "* n EXISTS", "* n RECENT" as far as allowed.
  void tell(Tell what, std::string& out);
  // Keywords the client has been told of, by number.
  [[nodiscard]] std::size_t told_keywords() const { return told_keywords_; }
  void set_told_keywords(std::size_t count) { told_keywords_ = count; }
  void set_told() { told_size_ = uids_.size(); }

 private:
  void tell_expunged(std::string& out);
  void add_run(std::vector<Run>& runs, std::size_t first, std::size_t last) const;

  store::FolderId folder_;
  std::uint32_t uidvalidity_;
  bool read_only_;
  bool has_arrivals_ = false;
  store::Uid first_recent_;
  store::Modseq modseq_;
  std::vector<store::Uid> uids_;
  std::vector<store::Uid> expunged_;  // sorted; still in uids_
  std::size_t told_size_ = 0;
  std::size_t told_keywords_ = 0;
};

}  // namespace mailtree::imap
