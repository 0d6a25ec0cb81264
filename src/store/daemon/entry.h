// SPDX-License-Identifier: Apache-2.0
// The entries of a log: each says one thing that became so. A commit is a list of them in one frame: all or nothing.
// Octets: ../log_format.md. An entry states results, never intentions, so that folding needs no decision.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "store/daemon/state.h"

namespace mailtree::store {

namespace entry {

struct AccountNamed {  // first entry of a log; again when the owner is confirmed anew
  AccountName name;
  std::string host;
};
// A folder came to be; in a rewritten log: it is there. Its number is above all before, except in a rewritten log.
struct FolderSet {
  FolderId id = no_folder;
  std::string name;
  std::string directory;
  std::uint64_t object = 0;
  std::uint32_t uidvalidity = 0;
  Uid uidnext = 1;
  Uid first_recent = 1;
  std::uint8_t special_use = 0;
  Modseq modseq = 0;
  Modseq expunge_horizon = 0;
};
struct FolderRemoved {  // with all its messages
  FolderId id = no_folder;
  Modseq modseq = 0;
};
struct FolderRenamed {
  FolderId id = no_folder;
  std::string name;
  Modseq modseq = 0;
};
struct Subscribed {
  std::string name;
  bool on = true;
};
struct KeywordAdded {  // gets the next number of the folder
  FolderId folder = no_folder;
  std::string keyword;
};
struct Arrived {  // uid at or above the folder's uidnext, except in a rewritten log
  FolderId folder = no_folder;
  Message message;  // its `keywords` means nothing here
  KeywordSet keywords;
};
struct FlagsChanged {  // first cleared, then set
  FolderId folder = no_folder;
  UidSet uids;  // all exist
  Modseq modseq = 0;
  std::uint8_t clear = 0;
  std::uint8_t set = 0;
  KeywordSet clear_keywords;
  KeywordSet set_keywords;
};
struct Renamed {  // the file's name shows these flags now; older programs wrote it, Named has taken its place
  FolderId folder = no_folder;
  Uid uid = 0;
  std::uint8_t name_flags = 0;
};
struct Expunged {
  FolderId folder = no_folder;
  UidSet uids;  // all exist
  Modseq modseq = 0;
  bool lost = false;  // their directory had gone: files that come back are new mail, not what has to be removed
};
struct RecentMoved {  // may be skipped
  FolderId folder = no_folder;
  Uid first_recent = 1;
};
struct Gone {  // only in a rewritten log
  FolderId folder = no_folder;
  Tombstone tombstone;
};
struct Marked {  // only in a rewritten log
  std::uint64_t mark = 0;
  std::int64_t time = 0;
};
struct Numbers {  // the last entry of a rewritten log: counters that nothing live shows any more
  Modseq modseq = 0;
  FolderId next_folder = inbox_folder;
};
struct FolderFloor {  // salvage: numbers below are taken
  FolderId folder = no_folder;
  Uid uidnext = 1;
};

struct Doomed {  // directory of a removed folder, still to be deleted; only in a rewritten log
  std::string directory;
};
struct DirectoryGone {  // its removal is durable
  std::string directory;
};

// Deliveries are refused for want of quota; time 0: no more. May be skipped.
struct FullSince {
  std::int64_t time = 0;
  Totals totals;  // at that time
};

// Each of these files has a name, durably, that shows the flags which the message has at this place of the log.
struct Named {
  FolderId folder = no_folder;
  UidSet uids;  // all exist
};
// Only in a rewritten log: message and name show the same flags, but the name on disk may be an older one.
struct NamesDoubtful {
  FolderId folder = no_folder;
  UidSet uids;  // all exist
};
// An earlier log that this one took the place of; only in a rewritten log. May be skipped.
struct Ancestor {
  LogEndMark log;
};

// What the identifier may do in the folder from now on; no rights: it is no longer in the list.
struct SetAcl {
  FolderId folder = no_folder;
  std::string identifier;
  std::string rights;
};
// An annotation of the folder, or of the account (no_folder), has this value from now on, or is gone.
struct SetMetadata {
  FolderId folder = no_folder;
  std::string name;
  bool there = true;
  std::string value;
};

// Messages are about to move to another account; they are here until they are expunged.
struct Leaving {
  std::uint64_t number = 0;  // random, of the transfer
  FolderId folder = no_folder;
  UidSet uids;
  AccountName target;
  FolderId target_folder = no_folder;
};
struct Left {  // the transfer is over here: they are expunged, or stay
  std::uint64_t number = 0;
};
// Messages of another account are about to come: whoever opens this one asks that one.
struct Coming {
  std::uint64_t number = 0;
  AccountName source;
  std::vector<std::uint64_t> marks;
};
struct Came {  // with their Arrived
  std::uint64_t number = 0;
};
struct Settled {  // the transfer is over there too
  std::uint64_t number = 0;
};

}  // namespace entry

using Entry =
    std::variant<entry::AccountNamed, entry::FolderSet, entry::FolderRemoved, entry::FolderRenamed, entry::Subscribed,
                 entry::KeywordAdded, entry::Arrived, entry::FlagsChanged, entry::Renamed, entry::Expunged,
                 entry::RecentMoved, entry::Gone, entry::Marked, entry::Numbers, entry::FolderFloor, entry::Doomed,
                 entry::DirectoryGone, entry::FullSince, entry::Named, entry::NamesDoubtful, entry::Ancestor,
                 entry::SetAcl, entry::SetMetadata, entry::Leaving, entry::Left, entry::Coming, entry::Came,
                 entry::Settled>;

// One frame's worth.
struct Commit {
  std::int64_t time = 0;  // seconds since 1970
  Modseq modseq = 0;      // of the account after it
  Totals totals;          // after it
  std::vector<Entry> entries;
};

std::string encode(const Commit& commit);
// Condition::damaged if the octets are not a commit; Condition::cannot if a newer program wrote what may not be
// skipped.
Result<Commit> decode_commit(std::string_view payload);
// One entry alone, to estimate sizes when splitting a rewritten log into frames.
void encode_entry(std::string& out, const Entry& entry);

// Condition::damaged if the entry contradicts the state; the state is then half changed and worthless.
Result<void> apply(AccountState& state, const Entry& entry, std::int64_t time);
// All entries, then checks modseq and totals against what the commit claims.
Result<void> apply(AccountState& state, const Commit& commit);

// The state as entries of a new log. Tombstones and marks older than the bounds are left out (times since 1970).
std::vector<Entry> snapshot(const AccountState& state, std::int64_t drop_tombstones_before,
                            std::int64_t drop_marks_before);

}  // namespace mailtree::store
