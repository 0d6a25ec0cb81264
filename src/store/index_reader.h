// SPDX-License-Identifier: Apache-2.0
// The reading side of the index of one partition (LMDB), for imapd and pop3d. Every call is synchronous, takes
// microseconds, and ends its read transaction before it returns: results are values. Call it between co_awaits, from
// the loop's thread only. It never shows anything that is not durable. What is missing here exists in stored:
// OpenAccount.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "store/acl.h"
#include "store/keyword_set.h"
#include "store/metadata.h"
#include "store/types.h"

namespace mailtree::store {

struct AccountRow {
  AccountName name;
  std::string account_path;  // relative to the partition
  std::string host;          // part of the file names
  Modseq highestmodseq = 0;  // of the whole account
  Totals totals;
  std::vector<std::string> subscriptions;  // names, sorted
  // mtime of Maildir/ when all folder directories in it were known, and so old that no later change can have it too;
  // nanoseconds since 1970, 0 = unknown. For stored.
  std::int64_t listed_ns = 0;
  std::uint32_t metadata_entries = 0;  // of the account itself: see metadata()
};

struct FolderRow {
  FolderId id = no_folder;
  std::string name;       // UTF-8, '/' between levels
  std::string directory;  // below the account: "Maildir" or "Maildir/.Name"; holds cur/
  std::uint32_t uidvalidity = 0;
  Uid uidnext = 1;
  Modseq highestmodseq = 0;
  std::uint32_t messages = 0;
  std::uint32_t unseen = 0;
  std::uint32_t deleted = 0;
  std::uint64_t bytes = 0;  // sum of crlf_size
  std::uint8_t special_use = 0;
  Uid first_recent = 1;               // RECENT for STATUS = messages with uid >= this; EXAMINE does not move it
  std::string object_id;              // MAILBOXID (RFC 8474)
  Modseq expunge_horizon = 0;         // expunges at or below it may be forgotten
  std::uint32_t acl_entries = 0;      // see acl()
  std::uint32_t metadata_entries = 0;
  std::vector<std::string> keywords;  // names by bit number, at most max_keywords
};

struct MessageRow {
  Uid uid = 0;
  std::uint8_t flags = 0;       // store::flag bits
  std::uint8_t name_flags = 0;  // those the file name shows
  KeywordSet keywords;
  Modseq modseq = 0;
  std::int64_t internal_date = 0;  // seconds since 1970
  std::int64_t save_date = 0;
  std::uint64_t size = 0;       // octets of the file
  std::uint64_t crlf_size = 0;  // RFC822.SIZE; greater than size if the file has bare LFs
  Unique unique{};
  ThreadId thread = unknown_thread;
};

struct Changes {
  FolderRow folder;
  std::vector<MessageRow> changed;  // new or altered, by ascending modseq
  UidSet expunged;                  // may name uids the caller never saw
  Modseq complete_to = 0;           // less than folder.highestmodseq: ask again with this
  bool forgotten = false;           // `since` lies before the horizon: compare all uids instead
};

class IndexReader {
 public:
  // `path` from OpenAccount::Reply. One reader a path and process: LMDB forbids two.
  static Result<std::unique_ptr<IndexReader>> open(const std::string& path);
  ~IndexReader();
  IndexReader(const IndexReader&) = delete;
  IndexReader& operator=(const IndexReader&) = delete;

  // An account that is not published, an index that was given up or is ruined are Condition::unavailable (call
  // OpenAccount); a folder or message that is not there is Condition::no_such_mailbox or no_such_message, permanent.
  [[nodiscard]] Result<AccountRow> account(AccountKey key) const;
  [[nodiscard]] Result<std::vector<FolderRow>> folders(AccountKey key) const;  // by id
  [[nodiscard]] Result<FolderRow> folder(AccountKey key, FolderId id) const;

  // All rows with first <= uid <= last, ascending, in one transaction; `visit` must be quick and must not call back.
  // Returning false ends the walk. The folder row is of the same moment.
  using Visit = std::function<bool(const MessageRow&)>;
  [[nodiscard]] Result<FolderRow> for_each(AccountKey key, FolderId id, Uid first, Uid last, const Visit& visit) const;
  // The first `limit` rows of the range. For more ask again from the last uid + 1.
  [[nodiscard]] Result<std::vector<MessageRow>> messages(AccountKey key, FolderId id, Uid first, Uid last,
                                                         std::size_t limit = 1000) const;
  [[nodiscard]] Result<MessageRow> message(AccountKey key, FolderId id, Uid uid) const;

  // Who may do what in the folder, by identifier.
  [[nodiscard]] Result<std::vector<AclEntry>> acl(AccountKey key, FolderId id) const;
  // Annotations of the folder, or of the account (no_folder), by name; up to max_metadata_octets.
  [[nodiscard]] Result<std::vector<MetadataEntry>> metadata(AccountKey key, FolderId id) const;

  // What happened after `since`; at most about `limit` changed rows a call (one modseq is never split).
  [[nodiscard]] Result<Changes> changes(AccountKey key, FolderId id, Modseq since, std::size_t limit = 1000) const;

 private:
  class Impl;
  explicit IndexReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The names of the bits that are set, in bit order.
std::vector<std::string> keyword_names(const FolderRow& folder, const KeywordSet& set);

// The name of the message's file in cur/; everything in it is in the rows.
std::string message_file_name(const AccountRow& account, const FolderRow& folder, const MessageRow& message);

// Opens message files of one account without ever leaving it: no symbolic links, no "..", regular files only.
class MessageFiles {
 public:
  static Result<MessageFiles> open(const std::string& account_path);
  // Read-only, close-on-exec. Condition::no_such_message if the name is not there: ask stored with OpenFile.
  [[nodiscard]] Result<UniqueFd> open_message(const AccountRow& account, const FolderRow& folder,
                                              const MessageRow& message) const;

 private:
  UniqueFd directory_;
};

}  // namespace mailtree::store
