// SPDX-License-Identifier: Apache-2.0
// What an account holds: the fold of the records of its log. Pure values: no files, no clock. Only apply() changes it,
// so that a running account and one read back from disk can never differ.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "store/keyword_set.h"
#include "store/types.h"

namespace mailtree::store {

struct Message {
  Uid uid = 0;
  std::uint8_t flags = 0;
  std::uint8_t name_flags = 0;  // as the file name shows them
  // The flags were changed since the name was last known to show them. Then a name that differs is one of ours, from
  // before or behind a crash; else another program has changed it. False only if name_flags are the flags.
  bool name_behind = false;
  Unique unique{};
  std::uint32_t keywords = 0;  // index into Folder::keyword_sets
  Modseq modseq = 0;
  std::int64_t internal_date = 0;  // seconds since 1970, never negative
  std::int64_t save_date = 0;
  std::uint64_t size = 0;
  std::uint64_t crlf_size = 0;
  ThreadId thread = unknown_thread;
};

// An expunged message: for VANISHED (RFC 7162), and so that its file or a replay of its delivery is recognised.
struct Tombstone {
  Uid uid = 0;
  Modseq modseq = 0;
  std::uint64_t mark = 0;  // 0: its file was lost with its directory and would be welcome
  std::int64_t time = 0;   // of the expunge
};

std::uint64_t mark_of(const Unique& unique);  // its first 64 bits

using Acl = std::map<std::string, std::string>;       // identifier -> rights (RFC 4314), sorted; none is empty
using Metadata = std::map<std::string, std::string>;  // name, in lower case -> value (RFC 5464)

std::uint64_t octets_of(const Metadata& entries);  // names and values

struct Folder {
  FolderId id = no_folder;
  std::string name;          // UTF-8
  std::string directory;     // below the account, final
  std::uint64_t object = 0;  // random; MAILBOXID
  std::uint32_t uidvalidity = 0;
  Uid uidnext = 1;
  Uid first_recent = 1;
  std::uint8_t special_use = 0;
  Modseq highestmodseq = 0;
  Modseq expunge_horizon = 0;
  std::vector<std::string> keywords;
  std::vector<KeywordSet> keyword_sets = {KeywordSet{}};  // those in use or once used; [0] is empty
  std::vector<Message> messages;                          // ascending uid
  std::vector<Tombstone> tombstones;                      // ascending modseq
  Acl acl;
  Metadata metadata;
  std::uint32_t unseen = 0;
  std::uint32_t deleted = 0;
  std::uint32_t names_behind = 0;  // messages with name_behind
  std::uint64_t bytes = 0;         // sum of crlf_size

  [[nodiscard]] const Message* find(Uid uid) const;
  Message* find(Uid uid);
  [[nodiscard]] const KeywordSet& keywords_of(const Message& message) const { return keyword_sets[message.keywords]; }
  std::uint32_t keyword_set_index(const KeywordSet& set);
  // Number of the keyword, compared without case; max_keywords if it is not there.
  [[nodiscard]] std::size_t keyword_number(std::string_view keyword) const;
};

constexpr std::size_t max_ancestors = 4;

// Since when deliveries are refused for want of quota, and what the account held then; time 0 = they are not.
struct Fullness {
  std::int64_t since = 0;
  Totals totals;
};

// Where a log ended that another one took the place of.
struct LogEndMark {
  std::uint64_t log_id = 0;
  std::uint64_t octets = 0;
};

// Messages on their way to another account of the partition, by the random number of their transfer.
struct Departure {
  FolderId folder = no_folder;
  UidSet uids;  // those that still exist
  AccountName target;
  FolderId target_folder = no_folder;
};
// Seen from there: files of these messages mean nothing before the record that takes them in.
struct Arrival {
  AccountName source;
  std::vector<std::uint64_t> marks;
  bool came = false;  // they are here; the source may not have let go yet
};

// What a transfer is known by. Only one at a time may go on with it.
struct Transfer {
  std::uint64_t number = 0;
  AccountName source;
  AccountName target;
};

struct AccountState {
  AccountName name;
  std::string host;  // in the file names
  Modseq modseq = 0;
  Totals totals;
  Fullness fullness;
  FolderId next_folder = inbox_folder;
  std::map<FolderId, Folder> folders;
  std::set<std::string> subscriptions;
  Metadata metadata;                                      // of the account itself
  std::set<std::string> doomed;                           // directories of removed folders that may still be on disk
  std::unordered_map<std::uint64_t, std::int64_t> marks;  // of messages gone with their folder: mark -> time gone
  std::map<std::uint64_t, Departure> departures;
  std::map<std::uint64_t, Arrival> arrivals;
  std::vector<LogEndMark> ancestors;                      // of the log, oldest first, at most max_ancestors

  [[nodiscard]] const Folder* find(FolderId id) const;
  Folder* find(FolderId id);
  // Annotations of the folder, or those of the account (no_folder); null if there is no such folder.
  [[nodiscard]] const Metadata* metadata_of(FolderId id) const;
  Metadata* metadata_of(FolderId id);
  // octets_of() those of the account and all its folders.
  [[nodiscard]] std::uint64_t metadata_octets() const;
  [[nodiscard]] const Folder* find_by_name(std::string_view wanted) const;  // INBOX in any case
  [[nodiscard]] bool has_names_behind() const;
  // Those that were begun and are not known to be over.
  [[nodiscard]] std::vector<Transfer> transfers() const;
};

}  // namespace mailtree::store
