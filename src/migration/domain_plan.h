// SPDX-License-Identifier: Apache-2.0
// Domains of all layouts become what the server looks for: an entry of class sunManagedOrganization with
// sunPreferredDomain, at the top of the domain's users (Schema 2, native).
//
// Schema 1 and the compatible layout keep the domain's settings in a second tree of DNS labels (RFC 2247) whose nodes
// point at the organisation. Each node becomes part of that organisation's entry, its name one of the domain's names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "migration/entry.h"
#include "migration/line_rules.h"
#include "migration/schema_table.h"
#include "migration/telling.h"

namespace mailtree::migration {

// A domain that the operator names: 4.x has no entries for domains.
struct NamedDomain {
  std::string name;
  Dn place;  // top of its users, in the export
};

class DomainPlan {
 public:
  // Both outlive the plan. `dropped`: names that the operator does not miss.
  DomainPlan(const SchemaTable& schema, const Names& dropped) : schema_(schema), dropped_(dropped) {}

  // The first pass: every entry, in any order. `where` names file and line for the operator.
  void see(const Entry& entry, const std::string& where, Report& report);
  // Between the passes. `exists` knows the keys of all entries. An error names a place of `named` that is not there.
  Result<void> decide(const std::vector<NamedDomain>& named, const std::function<bool(const std::string&)>& exists);

  // The second pass. What becomes of the entry if it is not loaded: merged into another, or left out.
  struct Fate {
    Act act;
    std::string reason;
  };
  [[nodiscard]] const Fate* fate_of(const std::string& key) const;
  [[nodiscard]] const std::map<std::string, Fate>& fates() const { return fates_; }
  [[nodiscard]] bool is_top_of_domain(const std::string& key) const { return tops_.count(key) != 0; }
  // Adds to the top of a domain what the nodes that point to it say.
  void complete(Entry& entry, Telling& told) const;

  // Domains of users' addresses that no entry names, and how many users each has.
  [[nodiscard]] std::map<std::string, std::uint64_t> homeless() const;

 private:
  struct Node {
    Dn dn;
    std::string where, name;
    std::string canonical;  // inetCanonicalDomainName
    std::string target;     // key of the top of the users, or of the entry that an alias stands for
    std::string target_text;
    bool is_alias = false;
    std::vector<LdifLine> lines;  // its settings
  };
  void see_node(const Entry& entry, const std::string& where, Report& report);
  void see_alias(const Entry& entry, const std::string& where);
  void see_names(const Entry& entry, Report& report);
  std::optional<std::string> top_behind(const Node& node) const;
  void place(const Node& node, const std::function<bool(const std::string&)>& exists);
  void add_names(Entry& entry, const std::vector<const Node*>& nodes, const std::string& canonical,
                 Telling& told) const;
  void add_settings(Entry& entry, const Node& node, Telling& told) const;

  const SchemaTable& schema_;
  const Names& dropped_;
  std::map<std::string, Node> nodes_;                     // by key of their entry
  std::vector<std::string> order_;                        // keys of nodes_ as they came
  std::map<std::string, std::string> owners_;             // name of a domain, key of the top that has it
  std::map<std::string, Node> candidates_;                // 4.x: organisations that are named like a domain
  std::map<std::string, std::vector<const Node*>> tops_;  // by key: what becomes part of it
  std::map<std::string, Fate> fates_;
  std::map<std::string, std::uint64_t> user_domains_;
};

}  // namespace mailtree::migration
