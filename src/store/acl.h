// SPDX-License-Identifier: Apache-2.0
// Access control lists of folders (RFC 4314): what is kept of them, and what other processes may ask stored about them.
// Types 238-241. The list stays with the folder when it is renamed and goes with it; a folder that is made has none.
// What rights mean, and who may change them, is for who asks.
#pragma once

#include "store/types.h"

namespace mailtree::store {

constexpr std::size_t max_acl_entries = 256;            // of one folder
constexpr std::size_t max_acl_identifier_octets = 255;  // of UTF-8

struct AclEntry {
  std::string identifier;  // a user, "anyone", or "-" and one of these: rights that he does not have
  std::string rights;      // letters and digits, each once, sorted; never empty
  MSGPACK_DEFINE(identifier, rights)

  friend bool operator==(const AclEntry&, const AclEntry&) = default;
};

// In place of the rights that the identifier had. Empty: it is no longer in the list. Condition::cannot: identifier or
// rights are not what RFC 4314 allows; Condition::limit: the list is full.
struct SetAcl {
  static constexpr std::uint16_t type = 238;
  AccountName account;
  FolderId folder = no_folder;
  std::string identifier;
  std::string rights;  // in any order
  struct Reply {
    static constexpr std::uint16_t type = 239;
    bool changed = false;
    MSGPACK_DEFINE(changed)
  };
  MSGPACK_DEFINE(account, folder, identifier, rights)
};

struct GetAcl {
  static constexpr std::uint16_t type = 240;
  AccountName account;
  FolderId folder = no_folder;
  struct Reply {
    static constexpr std::uint16_t type = 241;
    std::vector<AclEntry> entries;  // by identifier
    MSGPACK_DEFINE(entries)
  };
  MSGPACK_DEFINE(account, folder)
};

}  // namespace mailtree::store
