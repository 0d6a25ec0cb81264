// SPDX-License-Identifier: Apache-2.0
// Distinguished names (RFC 4514, and the quoted form of LDAPv2 that old exports hold) as values, to compare and move.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mailtree::migration {

// One step of a name: mostly a single pair of attribute and value.
using Rdn = std::vector<std::pair<std::string, std::string>>;

class Dn {
 public:
  Dn() = default;  // the root
  explicit Dn(std::vector<Rdn> steps) : steps_(std::move(steps)) {}

  // nullopt for what is no name. Blanks beside ',' and '=' do not matter.
  static std::optional<Dn> parse(const std::string& text);

  // As RFC 4514 writes it, without needless blanks and escapes; case as it was.
  [[nodiscard]] std::string text() const;
  // Equal for names that mean the same entry: lower case, runs of blanks as one. For maps; not for people.
  [[nodiscard]] std::string key() const;
  [[nodiscard]] std::size_t depth() const { return steps_.size(); }
  // From the entry upwards.
  [[nodiscard]] const std::vector<Rdn>& steps() const { return steps_; }
  [[nodiscard]] Dn parent() const;  // of the root: the root
  [[nodiscard]] bool is_at_or_below(const Dn& base) const;
  // The same place beneath `to` instead of `from`; unchanged if it does not lie at or below `from`.
  [[nodiscard]] Dn moved(const Dn& from, const Dn& to) const;

 private:
  std::vector<Rdn> steps_;
};

}  // namespace mailtree::migration
