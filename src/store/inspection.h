// SPDX-License-Identifier: Apache-2.0
// What an operator may ask stored (mailtree store stat|check|rebuild): which accounts there are, what one holds, and
// whether log, files and index agree. Types 234-239. While an account is looked through its own requests wait, those of
// others do not.
#pragma once

#include "store/types.h"

namespace mailtree::store {

// The accounts of the partition, or of one domain of it, some at a time in the order of their directories. Reads
// directories only. An account made or removed meanwhile may be in the answer or not.
struct ListAccounts {
  static constexpr std::uint16_t type = 234;
  std::string domain;       // canonical; empty = all
  std::string after;        // `next` of the reply before; empty = from the beginning
  std::uint32_t limit = 0;  // about so many; at least the accounts of one directory
  struct Reply {
    static constexpr std::uint16_t type = 235;
    std::vector<AccountName> accounts;  // uid case-folded, no entry_uuid
    std::string next;                   // empty = that was all
    MSGPACK_DEFINE(accounts, next)
  };
  MSGPACK_DEFINE(domain, after, limit)
};

enum class Depth : std::uint8_t {
  stat = 0,     // what the log says
  check = 1,    // names and sizes of all files and the rows of the index against the log; changes nothing
  rebuild = 2,  // as check, then takes in what is foreign, sets aside what is damaged, and makes the index anew
};

struct FolderFacts {
  std::string name;
  std::uint32_t messages = 0;
  std::uint32_t unseen = 0;
  std::uint64_t bytes = 0;  // sum of RFC822.SIZE
  std::uint32_t uidvalidity = 0;
  Uid uidnext = 0;
  MSGPACK_DEFINE(name, messages, unseen, bytes, uidvalidity, uidnext)
};

// `kind`: missing (the log has the message, no file is there), damaged (its file is not what was delivered), foreign
// (put there by another program), renamed (by another program), leftover (of unfinished work), unremoved (expunged, the
// file is still there), folder (a directory that the log does not know), unreadable, index (a row differs).
struct Finding {
  std::string kind;
  std::string folder;
  std::string what;
  MSGPACK_DEFINE(kind, folder, what)
};

struct InspectAccount {
  static constexpr std::uint16_t type = 236;
  AccountName account;  // entry_uuid is not looked at: operators ask, whoever owns it
  std::string folder;   // by name; empty = all
  std::uint8_t depth = 0;
  struct Reply {
    static constexpr std::uint16_t type = 237;
    bool exists = false;
    std::string entry_uuid;
    Totals totals;
    Modseq modseq = 0;
    std::uint64_t log_octets = 0;
    std::uint64_t aside = 0;  // files kept aside in this account
    bool indexed = false;
    std::vector<FolderFacts> folders;
    std::vector<Finding> findings;  // the first max_findings
    std::uint64_t found = 0;        // all of them
    Quota quota;  // as the last session or delivery told it, if the account has been in memory since; else unlimited
    MSGPACK_DEFINE(exists, entry_uuid, totals, modseq, log_octets, aside, indexed, folders, findings, found, quota)
  };
  MSGPACK_DEFINE(account, folder, depth)
};

constexpr std::size_t max_findings = 1000;  // in one reply

}  // namespace mailtree::store
