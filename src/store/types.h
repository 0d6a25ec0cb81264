// SPDX-License-Identifier: Apache-2.0
// Values of the mail store that travel between processes. All integers are what RFC 9051 and RFC 7162 say; a uid of 0
// never exists. Fields are only ever appended: an older peer simply does not know the new ones.
#pragma once

#include <array>
#include <cstdint>
#include <msgpack/adaptor/bool.hpp>
#include <msgpack/adaptor/cpp11/array_unsigned_char.hpp>
#include <msgpack/adaptor/define.hpp>
#include <msgpack/adaptor/int.hpp>
#include <msgpack/adaptor/string.hpp>
#include <msgpack/adaptor/vector.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/limits.h"

namespace mailtree::store {

using Uid = std::uint32_t;         // RFC 9051 2.3.1.1, 1..2^32-2
using Modseq = std::uint64_t;      // RFC 7162 3.1, 1..2^63-1; one counter an account
using FolderId = std::uint32_t;    // never reused within an account; the numbers below are fixed
using AccountKey = std::uint64_t;  // prefix of the account's rows in the index; a function of domain and uid alone

constexpr FolderId no_folder = 0;     // in a ChangeNotice: the list of folders, subscriptions or the account itself
constexpr FolderId inbox_folder = 1;  // INBOX is always 1

constexpr char hierarchy_separator = '/';

// System flags as bits. \Recent is not stored: see OpenMailbox.
namespace flag {
constexpr std::uint8_t seen = 1;
constexpr std::uint8_t answered = 2;
constexpr std::uint8_t flagged = 4;
constexpr std::uint8_t deleted = 8;
constexpr std::uint8_t draft = 16;
constexpr std::uint8_t all = 31;
}  // namespace flag

// RFC 6154 attributes as bits.
namespace special_use {
constexpr std::uint8_t none = 0;
constexpr std::uint8_t sent = 1;
constexpr std::uint8_t drafts = 2;
constexpr std::uint8_t trash = 4;
constexpr std::uint8_t junk = 8;
constexpr std::uint8_t archive = 16;
constexpr std::uint8_t flagged = 32;
constexpr std::uint8_t all_mail = 64;
}  // namespace special_use

// Who an account belongs to. The directory on disk follows from domain and uid; entry_uuid must match the owner noted
// there, else every call answers temporary (a deleted and re-created user must not inherit mail).
struct AccountName {
  std::string domain;      // canonical: lower case, A-labels
  std::string uid;         // as in the directory; compared case-folded
  std::string entry_uuid;  // of the LDAP entry
  MSGPACK_DEFINE(domain, uid, entry_uuid)

  friend bool operator==(const AccountName&, const AccountName&) = default;
};

// Limits of an account, and of all accounts of its domain in the partition together; -1 is unlimited.
struct Quota {
  std::int64_t bytes = -1;
  std::int64_t messages = -1;
  std::int64_t domain_bytes = -1;
  std::int64_t domain_messages = -1;
  MSGPACK_DEFINE(bytes, messages, domain_bytes, domain_messages)

  [[nodiscard]] bool is_limited() const { return bytes >= 0 || messages >= 0 || limits_domain(); }
  [[nodiscard]] bool limits_domain() const { return domain_bytes >= 0 || domain_messages >= 0; }
};

// What an account holds; octets are those of RFC822.SIZE.
struct Totals {
  std::uint64_t bytes = 0;
  std::uint64_t messages = 0;
  MSGPACK_DEFINE(bytes, messages)

  friend bool operator==(const Totals&, const Totals&) = default;
};

// first <= last, both included. A set is a vector of them: ascending and disjoint in replies; in any order in requests.
struct UidRange {
  Uid first = 0;
  Uid last = 0;
  MSGPACK_DEFINE(first, last)

  friend bool operator==(const UidRange&, const UidRange&) = default;
};
using UidSet = std::vector<UidRange>;

// 96 bits that name one message for ever: part of the file name, kept by COPY and MOVE; it is the EMAILID
// (RFC 8474). Two messages of one folder may share it after a COPY onto itself: a POP3 UIDL adds the uid.
using Unique = std::array<unsigned char, 12>;
// 128 bits chosen at random by whoever accepted a message; the same for each repetition of the same delivery.
using TransactionId = std::array<unsigned char, 16>;

// 64 bits that name the conversation which a message is part of; the THREADID (RFC 8474).
using ThreadId = std::uint64_t;
constexpr ThreadId unknown_thread = 0;  // of messages that came before threads were recorded

std::string unique_text(const Unique& unique);  // 20 characters of [a-z2-7]
std::optional<Unique> parse_unique(std::string_view text);

// Ascending, disjoint, joined where they touch; ranges given backwards are turned round, 0 is dropped.
UidSet normalized(UidSet set);
void add_uid(UidSet& set, Uid uid);  // `uid` is above all of the set
std::uint64_t count(const UidSet& set);
bool contains(const UidSet& set, Uid uid);  // of a normalized set

}  // namespace mailtree::store
