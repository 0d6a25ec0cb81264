// SPDX-License-Identifier: Apache-2.0
// An entry on its way from an export to a directory: its name parsed, its lines open to change.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "migration/dn.h"
#include "migration/ldif_reader.h"

namespace mailtree::migration {

struct Entry {
  Dn dn;
  std::size_t line = 0;  // of "dn:" in its file
  std::vector<LdifLine> lines;

  // The first value of an attribute by this name (any case, without options); "" if there is none.
  [[nodiscard]] std::string_view first(std::string_view attribute) const;
  [[nodiscard]] bool has(std::string_view attribute) const;
  [[nodiscard]] bool has_value(std::string_view attribute, std::string_view value) const;  // in any case
  [[nodiscard]] bool has_class(std::string_view name) const;
  void add(std::string attribute, std::string value);  // a line of no file
  void remove(const LdifLine* line);                   // of `lines`
};

// The name of an attribute without its options.
std::string_view base_name(std::string_view attribute);

// As RFC 2849 writes it: base64 where it must be, folded at 76 columns, ending with a line end.
std::string ldif_line(std::string_view attribute, std::string_view value);
// The whole entry with the empty line behind it.
std::string ldif_text(const Entry& entry);

}  // namespace mailtree::migration
