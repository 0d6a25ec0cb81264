// SPDX-License-Identifier: Apache-2.0
// A directory entry as a plain value, freed of LDAP's types: what the pure parts work on and what the cache keeps.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mailtree::ldapauth {

struct Attribute {
  std::string name;  // lower case, without options such as ";lang-fr"
  std::vector<std::string> values;
};

struct Entry {
  std::string dn;
  std::vector<Attribute> attributes;

  [[nodiscard]] const std::vector<std::string>& values(std::string_view name) const;  // `name` in lower case
  [[nodiscard]] std::string_view first(std::string_view name) const;                  // empty when absent
  [[nodiscard]] bool has_class(std::string_view object_class) const;                  // any case
  [[nodiscard]] std::string_view entry_uuid() const { return first("entryuuid"); }
};

using Entries = std::vector<Entry>;

// The answer to a search has two forms and no third: all matching entries (perhaps none), or nothing known. A partial
// answer (size or time limit, referral, lost connection) is nothing known.
struct Unavailable {
  std::string reason;  // for the log
};
using SearchAnswer = std::variant<std::shared_ptr<const Entries>, Unavailable>;

enum class Scope : std::uint8_t { base, one_level, subtree };
// Which attributes come: what mail needs, or what proves a password. Secrets are asked for anew each time: no cache.
enum class Wanted : std::uint8_t { mail, secrets };

struct SearchRequest {
  std::string base;
  Scope scope = Scope::subtree;
  std::string filter = "(objectClass=*)";
  // A later entry may join a non-empty answer (patterns, several names in one filter). Exact look-ups have one owner.
  bool may_grow = false;
  int size_limit = 32;  // more entries than this: unavailable
  Wanted wanted = Wanted::mail;
  // The same question, as a key of the cache.
  [[nodiscard]] std::string key() const {
    return base + '\n' + static_cast<char>('0' + static_cast<int>(scope)) + (may_grow ? 'g' : 'x') + filter;
  }
};

}  // namespace mailtree::ldapauth
