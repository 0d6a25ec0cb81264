// SPDX-License-Identifier: Apache-2.0
// FETCH at work: walks the wanted messages in chunks, writes their items, sets \Seen where the items do.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imap/fetch/message_file.h"
#include "imap/fetch/section_ranges.h"
#include "imap/grammar/fetch_item.h"
#include "imap/mailbox_view.h"
#include "imap/session.h"

namespace mailtree::imap {

class Fetcher {
 public:
  Fetcher(Session& session, std::vector<FetchItem> items, bool by_uid);

  // All messages of the runs. Messages that are gone are passed over; missed() tells.
  Task<Result<void>> run(std::vector<Run> runs);
  [[nodiscard]] bool missed() const { return missed_; }
  // Why some messages could not be read, though others were.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

 private:
  Result<void> write_rows(Run run);  // items of the index alone
  Task<Result<void>> write_messages(Run run);
  Task<Result<store::Modseq>> set_seen(std::vector<store::MessageRow>& rows);
  Task<Result<void>> write_message(const store::MessageRow& row, bool tell_flags);
  Task<Result<void>> append_message(const store::MessageRow& row, bool tell_flags);
  Task<Result<std::unique_ptr<MessageFile>>> open(const store::MessageRow& row);
  Task<Result<void>> append_item(const FetchItem& item, MessageFile& message);
  Task<Result<void>> append_section_item(const FetchItem& item, MessageFile& message);
  Task<Result<std::optional<Ranges>>> find_octets(const FetchItem& item, MessageFile& message);
  Task<Result<void>> append_octets(const Ranges& ranges, MessageFile& message);
  void take_folder(store::FolderRow folder);
  void append_row_items(std::size_t number, const store::MessageRow& row);

  Session& session_;
  std::vector<FetchItem> row_items_;
  std::vector<FetchItem> message_items_;
  store::FolderRow folder_;
  std::unique_ptr<store::AccountRow> account_row_;
  bool by_uid_;
  bool sets_seen_ = false;
  bool keeps_message_ = false;  // partial fetches come in rows for one message
  bool tells_flags_ = false;
  bool missed_ = false;
  std::optional<Error> failure_;
};

}  // namespace mailtree::imap
