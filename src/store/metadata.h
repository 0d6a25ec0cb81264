// SPDX-License-Identifier: Apache-2.0
// Annotations of folders and of the account itself (RFC 5464), and what other processes may ask stored about them.
// Types 242-245. Those of a folder stay with it when it is renamed and go with it. "/private/" ones are those of the
// owner of the account.
#pragma once

#include "store/types.h"

namespace mailtree::store {

constexpr std::size_t max_metadata_name_octets = 255;
constexpr std::size_t max_metadata_value_octets = 64U << 10;  // RFC 5464 4.1 asks for at least 1024
constexpr std::size_t max_metadata_entries = 256;             // of a folder, or of the account; there: at least 10
constexpr std::uint64_t max_metadata_octets = 1U << 20;       // names and values of an account and all its folders

struct MetadataEntry {
  std::string name;   // in lower case
  std::string value;  // any octets; may be empty
  MSGPACK_DEFINE(name, value)

  friend bool operator==(const MetadataEntry&, const MetadataEntry&) = default;
};

struct MetadataChange {
  std::string name;   // in any case (RFC 5464 3.2)
  std::string value;  // in place of the one that was there
  bool there = true;  // false: the entry goes (a value of NIL), whether it was there or not
  MSGPACK_DEFINE(name, value, there)
};

// All of the changes in their order, or none. Condition::cannot: not the name of an entry; Condition::too_big: the
// value (METADATA MAXSIZE); Condition::limit: too many, or too much in all (METADATA TOOMANY).
struct SetMetadata {
  static constexpr std::uint16_t type = 242;
  AccountName account;
  FolderId folder = no_folder;  // no_folder: of the account ("server entries")
  std::vector<MetadataChange> changes;
  struct Reply {
    static constexpr std::uint16_t type = 243;
    bool changed = false;
    MSGPACK_DEFINE(changed)
  };
  MSGPACK_DEFINE(account, folder, changes)
};

struct GetMetadata {
  static constexpr std::uint16_t type = 244;
  AccountName account;
  FolderId folder = no_folder;  // no_folder: of the account
  struct Reply {
    static constexpr std::uint16_t type = 245;
    std::vector<MetadataEntry> entries;  // by name
    MSGPACK_DEFINE(entries)
  };
  MSGPACK_DEFINE(account, folder)
};

}  // namespace mailtree::store
