// SPDX-License-Identifier: Apache-2.0
// What an account must hold after what was asked and answered, by RFC 9051, 3502, 4315, 6851, 7162 and 8474 and by the
// promises of the design; written without a look at the store. A reply makes it exact; what nobody answered is tried
// both ways (judgement.h).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace mailtree::histories {

namespace system_flag {
constexpr unsigned seen = 1;
constexpr unsigned answered = 2;
constexpr unsigned flagged = 4;
constexpr unsigned deleted = 8;
constexpr unsigned draft = 16;
}  // namespace system_flag

struct Message {
  std::string content;
  unsigned flags = 0;
  unsigned loose_flags = 0;  // bits that another program may have changed: not judged
  std::set<std::string> keywords;
  std::int64_t date = 0;  // INTERNALDATE, seconds since 1970; 0 = not known
  std::uint64_t modseq = 0;
  std::string object_ids;  // EMAILID and THREADID; empty = not known yet
  bool taken_in = false;   // its delivery was not answered, and its file found later: without its keywords, perhaps
  bool misnamed = false;  // seen: its file has not the name that the index tells
};

struct Folder {
  std::uint32_t id = 0;
  std::string name;
  std::uint32_t uidvalidity = 0;
  std::uint32_t uidnext = 1;       // as told by replies
  std::uint32_t seen_uidnext = 1;  // at the last look: nothing may appear below
  std::uint64_t modseq = 0;        // HIGHESTMODSEQ must not be lower
  std::string object_id;
  std::map<std::uint32_t, Message> messages;
  std::vector<Message> arrivals;        // there, under numbers that nobody has told yet
  std::map<std::string, bool> foreign;  // content of files that another program put there -> they must appear
};

enum class Kind {
  deliver,
  append,
  copy,
  move,
  store,
  expunge,
  create,
  remove,
  rename,
  subscribe,
  open_mailbox,
};
constexpr std::size_t kinds = 11;
const char* name_of(Kind kind);

enum class Change { replace, add, remove };  // of flags
enum class Removal { deleted_all, deleted_in, exactly };

struct Request {
  Kind kind = Kind::deliver;
  std::uint32_t folder = 0;  // or the source
  std::uint32_t target = 0;
  std::set<std::uint32_t> uids;
  std::vector<Message> letters;   // to deliver (one) or append
  std::uint64_t transaction = 0;  // of a delivery
  bool again = false;
  unsigned flags = 0;
  std::set<std::string> keywords;
  Change change = Change::replace;
  Removal removal = Removal::exactly;
  std::string name;
  bool on = false;          // subscribe
  std::int64_t quota = -1;  // octets
};

struct Reply {
  enum class Class { ok, refused, failed };  // refused: for good; failed: temporary
  Class outcome = Class::failed;
  std::string detail;
  std::uint32_t folder = 0;
  std::uint32_t uidvalidity = 0;
  std::string object_id;
  std::vector<std::uint32_t> uids;     // new ones; or changed, expunged, copied
  std::vector<std::uint32_t> targets;  // of copies
  std::uint64_t modseq = 0;
  bool duplicate = false;
};

struct Delivery {
  Message letter;
  std::string folder_name;    // empty: INBOX
  bool answered = false;      // with a positive reply
  bool seen = false;          // or may have been there and gone
  std::int64_t last_try = 0;  // seconds since 1970
};

struct Account {
  std::map<std::uint32_t, Folder> folders;
  std::set<std::string> new_folders;  // there, under ids that nobody has told yet
  std::set<std::string> subscriptions;
  std::uint64_t modseq = 0;
  std::map<std::uint64_t, Delivery> deliveries;  // by transaction

  [[nodiscard]] const Folder* find_by_name(const std::string& name) const;
  [[nodiscard]] bool has_name(const std::string& name) const;
  [[nodiscard]] std::size_t copies_of(const std::string& content) const;
  [[nodiscard]] std::uint64_t octets() const;
};

// Whether the only right answer is a refusal.
bool must_refuse(const Account& account, const Request& request);
// Whether a refusal may be right: mail of other programs counts as soon as it is taken in, which nobody tells.
bool may_refuse(const Account& account, const Request& request);
// The whole effect of a request that was answered `ok`; what is wrong with the answer is added to `complaints`.
void apply(Account& account, const Request& request, const Reply& reply, std::vector<std::string>& complaints);
// The whole effect of one that nobody answered: numbers stay open.
void apply_unanswered(Account& account, const Request& request);

}  // namespace mailtree::histories
