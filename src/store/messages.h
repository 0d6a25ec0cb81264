// SPDX-License-Identifier: Apache-2.0
// What other processes may ask stored, and what it answers. Types 200-299. A failure travels as Error: temporary unless
// the answer is definite. A positive reply means durable. Every request is complete in itself: no session state but
// Watch.
#pragma once

#include "store/types.h"

namespace mailtree::store {

// --- Accounts -------------------------------------------------------------------------------------------------------

// Makes the account usable: creates it with INBOX and the default folders if it is new, loads or replays its log,
// publishes its rows. To be called at login and again after a lost connection to stored: the index path may have
// changed.
struct OpenAccount {
  static constexpr std::uint16_t type = 200;
  AccountName account;
  Quota quota;
  struct Reply {
    static constexpr std::uint16_t type = 201;
    AccountKey key = 0;
    std::string account_path;  // absolute, of the directory that holds Maildir/
    std::string index_path;    // absolute, for IndexReader::open; changes whenever the index is begun anew
    Totals totals;
    MSGPACK_DEFINE(key, account_path, index_path, totals)
  };
  MSGPACK_DEFINE(account, quota)
};

// Asked at RCPT TO. A missing account counts as empty. Reservations are not made: several senders may pass at once.
// The first refusal of a delivery begins the grace period, durably; it ends when something is accepted again.
struct MayAccept {
  static constexpr std::uint16_t type = 202;
  AccountName account;
  Quota quota;
  std::uint64_t size = 0;  // octets announced by SIZE=, 0 if unknown
  struct Reply {
    static constexpr std::uint16_t type = 203;
    bool accepted = false;
    bool too_big_for_quota = false;  // larger than the whole quota: never (552); else full now (452, or see grace_over)
    Totals totals;
    bool domain_full = false;  // the domain's quota refused it, not the account's
    bool grace_over = false;   // full for longer than the grace period: 552
    MSGPACK_DEFINE(accepted, too_big_for_quota, totals, domain_full, grace_over)
  };
  bool delivery = true;  // mail from a sender, whose refusal counts; false: a session asks for its own user
  MSGPACK_DEFINE(account, quota, size, delivery)
};

// --- Arrivals -------------------------------------------------------------------------------------------------------

// An unnamed file (O_TMPFILE, read and write) on the partition's file system, for one message. It vanishes when the
// last descriptor is closed unless it was delivered or appended. The reply carries exactly one descriptor.
struct NewMessageFile {
  static constexpr std::uint16_t type = 204;
  std::uint64_t expected_size = 0;  // 0 if unknown; above the free space: Condition::storage
  struct Reply {
    static constexpr std::uint16_t type = 205;
    std::string partition_id;
    MSGPACK_DEFINE(partition_id)
  };
  MSGPACK_DEFINE(expected_size)
};

struct DeliverRecipient {
  AccountName account;
  std::string folder;  // name to file into; empty = INBOX; a missing one is created if create_folder, else INBOX
  bool create_folder = false;
  std::uint32_t index = 0;  // of the recipient within the transaction: (transaction, account, index) names the copy
  std::uint8_t flags = 0;
  std::vector<std::string> keywords;
  MSGPACK_DEFINE(account, folder, create_folder, index, flags, keywords)
};

// How one recipient fared. `condition` is mailtree::Condition as a number; 0 when delivered.
struct DeliverResult {
  std::uint32_t index = 0;
  bool delivered = false;
  bool permanent = false;
  bool duplicate = false;  // had been delivered before under the same transaction and index
  std::uint8_t condition = 0;
  std::string detail;  // for the log
  FolderId folder = no_folder;
  Uid uid = 0;
  MSGPACK_DEFINE(index, delivered, permanent, duplicate, condition, detail, folder, uid)
};

// One descriptor comes along: from NewMessageFile of this partition (then it is linked) or any readable regular file
// (then it is linked if the file system allows, else copied). The octets from 0 to `size` are the message, final, CRLF
// line ends; nobody may write to the file afterwards. Quota is not checked again (452 is for RCPT, never after DATA).
struct Deliver {
  static constexpr std::uint16_t type = 206;
  TransactionId transaction{};
  std::uint64_t size = 0;
  std::uint64_t crlf_size = 0;               // octets with each bare LF counted as CRLF; 0 = as size
  std::vector<DeliverRecipient> recipients;  // at most max_recipients
  bool again = false;                        // repetition of a transaction whose reply was not seen
  std::string envelope_sender;               // for the log
  std::int64_t received_at = 0;              // seconds since 1970, INTERNALDATE; 0 = now
  struct Reply {
    static constexpr std::uint16_t type = 207;
    std::vector<DeliverResult> results;  // one a recipient, in the order of the request
    MSGPACK_DEFINE(results)
  };
  MSGPACK_DEFINE(transaction, size, crlf_size, recipients, again, envelope_sender, received_at)
};

struct AppendMessage {
  std::uint64_t size = 0;
  std::uint64_t crlf_size = 0;     // 0 = as size
  std::int64_t internal_date = 0;  // seconds since 1970; 0 = now
  std::uint8_t flags = 0;
  std::vector<std::string> keywords;
  MSGPACK_DEFINE(size, crlf_size, internal_date, flags, keywords)
};

// RFC 9051 6.3.12, RFC 3502: one descriptor a message, in order; all or nothing.
struct Append {
  static constexpr std::uint16_t type = 208;
  AccountName account;
  FolderId folder = no_folder;
  Quota quota;
  std::vector<AppendMessage> messages;  // at most max_append_messages
  struct Reply {
    static constexpr std::uint16_t type = 209;
    std::uint32_t uidvalidity = 0;
    UidSet uids;  // consecutive, in the order of `messages`
    Modseq modseq = 0;
    MSGPACK_DEFINE(uidvalidity, uids, modseq)
  };
  MSGPACK_DEFINE(account, folder, quota, messages)
};

// --- Messages -------------------------------------------------------------------------------------------------------

// RFC 4315 COPYUID: the n-th uid of `source` became the n-th of `target`. Uids that do not exist are passed over.
struct CopyResult {
  static constexpr std::uint16_t type = 211;
  std::uint32_t uidvalidity = 0;  // of the target
  UidSet source;
  UidSet target;
  Modseq modseq = 0;
  MSGPACK_DEFINE(uidvalidity, source, target, modseq)
};

// RFC 9051 6.4.7. All or nothing.
struct Copy {
  static constexpr std::uint16_t type = 210;
  AccountName account;
  FolderId source = no_folder;
  UidSet uids;
  FolderId target = no_folder;
  Quota quota;
  using Reply = CopyResult;
  MSGPACK_DEFINE(account, source, uids, target, quota)
};

// RFC 9051 6.4.8. All or nothing, in one step: no moment with both or neither.
struct Move {
  static constexpr std::uint16_t type = 212;
  AccountName account;
  FolderId source = no_folder;
  UidSet uids;
  FolderId target = no_folder;
  using Reply = CopyResult;
  MSGPACK_DEFINE(account, source, uids, target)
};

enum class FlagMode : std::uint8_t { replace = 0, add = 1, remove = 2 };

// RFC 9051 6.4.6, RFC 7162 3.1.3. A message whose flags are already so is not changed and keeps its modseq.
struct Store {
  static constexpr std::uint16_t type = 214;
  AccountName account;
  FolderId folder = no_folder;
  UidSet uids;
  std::uint8_t mode = 0;  // FlagMode
  std::uint8_t flags = 0;
  std::vector<std::string> keywords;  // compared case-insensitively, the first spelling stays
  bool conditional = false;           // UNCHANGEDSINCE was given
  Modseq unchanged_since = 0;
  struct Reply {
    static constexpr std::uint16_t type = 215;
    UidSet changed;
    UidSet failed;      // newer than unchanged_since
    Modseq modseq = 0;  // of all in `changed`; 0 if none
    MSGPACK_DEFINE(changed, failed, modseq)
  };
  MSGPACK_DEFINE(account, folder, uids, mode, flags, keywords, conditional, unchanged_since)
};

enum class ExpungeMode : std::uint8_t {
  deleted_all = 0,  // EXPUNGE: all with \Deleted; `uids` is ignored
  deleted_in = 1,   // UID EXPUNGE (RFC 4315): those of `uids` with \Deleted
  exactly = 2,      // POP3 QUIT: `uids`, whatever their flags; missing ones are passed over
};

struct Expunge {
  static constexpr std::uint16_t type = 216;
  AccountName account;
  FolderId folder = no_folder;
  std::uint8_t mode = 0;  // ExpungeMode
  UidSet uids;
  struct Reply {
    static constexpr std::uint16_t type = 217;
    UidSet expunged;
    Modseq modseq = 0;  // 0 if none
    MSGPACK_DEFINE(expunged, modseq)
  };
  MSGPACK_DEFINE(account, folder, mode, uids)
};

// --- Folders --------------------------------------------------------------------------------------------------------

// Names are UTF-8 (NFC is the caller's business), '/' between levels, "INBOX" in capitals. Missing parents are created
// in the same step. Condition::exists if the name is taken, Condition::cannot for a name that can never be.
struct CreateFolder {
  static constexpr std::uint16_t type = 218;
  AccountName account;
  std::string name;
  std::uint8_t special_use = 0;  // bits of store::special_use (RFC 6154 section 3)
  bool subscribe = false;
  struct Reply {
    static constexpr std::uint16_t type = 219;
    FolderId folder = no_folder;
    std::uint32_t uidvalidity = 0;
    std::string object_id;  // RFC 8474 MAILBOXID
    MSGPACK_DEFINE(folder, uidvalidity, object_id)
  };
  MSGPACK_DEFINE(account, name, special_use, subscribe)
};

// Its messages go with it; folders below it stay. INBOX cannot be deleted.
struct DeleteFolder {
  static constexpr std::uint16_t type = 220;
  AccountName account;
  FolderId folder = no_folder;
  struct Reply {
    static constexpr std::uint16_t type = 221;
    Modseq modseq = 0;
    MSGPACK_DEFINE(modseq)
  };
  MSGPACK_DEFINE(account, folder)
};

// RFC 9051 6.3.6: folders below come along, uidvalidity stays. INBOX: its messages move to the new folder, INBOX stays.
struct RenameFolder {
  static constexpr std::uint16_t type = 222;
  AccountName account;
  FolderId folder = no_folder;
  std::string name;
  struct Reply {
    static constexpr std::uint16_t type = 223;
    Modseq modseq = 0;
    MSGPACK_DEFINE(modseq)
  };
  MSGPACK_DEFINE(account, folder, name)
};

// The name need not exist (RFC 9051 6.3.7).
struct Subscribe {
  static constexpr std::uint16_t type = 224;
  AccountName account;
  std::string name;
  bool on = true;
  struct Reply {
    static constexpr std::uint16_t type = 225;
    bool changed = false;
    MSGPACK_DEFINE(changed)
  };
  MSGPACK_DEFINE(account, name, on)
};

// To be called at SELECT, EXAMINE and POP3 login. Takes in files that other programs put into the folder. Messages with
// uid >= first_recent are \Recent in this session; with read_write they are so for nobody after (RFC 3501 2.3.2).
struct OpenMailbox {
  static constexpr std::uint16_t type = 226;
  static constexpr std::size_t max_uid_ranges = 50000;  // a reply of at most 600 KiB
  AccountName account;
  FolderId folder = no_folder;
  bool read_write = false;
  struct Reply {
    static constexpr std::uint16_t type = 227;
    std::uint32_t uidvalidity = 0;
    Uid uidnext = 0;
    Uid first_recent = 0;
    std::uint32_t messages = 0;
    Modseq highestmodseq = 0;
    UidSet uids;                     // of all messages, in few words; empty if that takes more than max_uid_ranges
    std::uint32_t first_unseen = 0;  // number of the first message without \Seen, 0 if there is none
    MSGPACK_DEFINE(uidvalidity, uidnext, first_recent, messages, highestmodseq, uids, first_unseen)
  };
  MSGPACK_DEFINE(account, folder, read_write)
};

// For a reader that missed a file by its name. The reply carries one descriptor, read-only.
struct OpenFile {
  static constexpr std::uint16_t type = 228;
  AccountName account;
  FolderId folder = no_folder;
  Uid uid = 0;
  struct Reply {
    static constexpr std::uint16_t type = 229;
    std::string file_name;
    MSGPACK_DEFINE(file_name)
  };
  MSGPACK_DEFINE(account, folder, uid)
};

// --- Notices --------------------------------------------------------------------------------------------------------

// From now on this connection gets a ChangeNotice for each durable change of the accounts in `add`, until they are in
// `remove` or the connection ends. A lost connection loses notices: call OpenAccount and Watch again, compare modseqs.
struct Watch {
  static constexpr std::uint16_t type = 230;
  std::vector<AccountKey> add;
  std::vector<AccountKey> remove;
  struct Reply {
    static constexpr std::uint16_t type = 231;
    std::uint32_t watched = 0;  // not used yet
    MSGPACK_DEFINE(watched)
  };
  MSGPACK_DEFINE(add, remove)
};

// Pushed by stored, never answered. The index shows the change when this arrives.
struct ChangeNotice {
  static constexpr std::uint16_t type = 232;
  AccountKey account = 0;
  FolderId folder = no_folder;  // no_folder: folders or subscriptions changed
  Modseq modseq = 0;
  MSGPACK_DEFINE(account, folder, modseq)
};

}  // namespace mailtree::store
