// SPDX-License-Identifier: Apache-2.0
#include "migration/domain_plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"

namespace mailtree::migration {
namespace {

constexpr int max_aliases = 8;  // one behind the other

// Of a node: its place in the tree and its names, which are no settings.
constexpr std::array not_settings = {"objectclass",
                                     "dc",
                                     "o",
                                     "inetdomainbasedn",
                                     "inetcanonicaldomainname",
                                     "aliasedobjectname",
                                     "sunpreferreddomain",
                                     "associateddomain"};

bool is_setting(std::string_view attribute) {
  return std::none_of(not_settings.begin(), not_settings.end(),
                      [&](std::string_view name) { return ascii::equal(name, attribute); });
}

std::string domain_text(std::string_view text) {
  return ascii::to_lower(ascii::trim(text));
}

// RFC 2247: dc=sesta,dc=com,o=internet is sesta.com.
std::string name_of_labels(const Dn& dn) {
  std::string out;
  for (const Rdn& step : dn.steps()) {
    if (step.size() != 1 || !ascii::equal(step.front().first, "dc")) break;
    out += (out.empty() ? "" : ".") + ascii::to_lower(step.front().second);
  }
  return out;
}

bool looks_like_domain(std::string_view text) {
  const bool letters = std::all_of(text.begin(), text.end(), [](char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) || c == '-' || c == '.' || ascii::is_8bit(c);
  });
  return letters && text.find('.') != std::string_view::npos && text.front() != '.' && text.back() != '.';
}

std::string key_of(std::string_view dn) {
  const auto parsed = Dn::parse(std::string(dn));
  return parsed ? parsed->key() : "";
}

bool is_mail_user(const Entry& entry) {
  return entry.has_class("inetMailUser") || entry.has_class("mailRecipient");
}

}  // namespace

void DomainPlan::see(const Entry& entry, const std::string& where, Report& report) {
  const bool labels = ascii::equal(entry.dn.steps().front().front().first, "dc");
  const bool native = entry.has_class("sunManagedOrganization") && entry.has("sunPreferredDomain");
  const bool points =
      (entry.has("inetDomainBaseDN") && entry.has_class("inetDomain")) || entry.has_class("inetDomainAlias");
  if (labels && points && !native) {
    see_node(entry, where, report);
    return;
  }
  if (entry.has_class("alias")) {
    see_alias(entry, where);
    return;
  }
  see_names(entry, report);
  if (is_mail_user(entry)) {
    const std::string_view mail = entry.first("mail");
    if (mail.find('@') != std::string_view::npos) ++user_domains_[domain_text(mail.substr(mail.rfind('@') + 1))];
  }
}

void DomainPlan::see_node(const Entry& entry, const std::string& where, Report& report) {
  Node node;
  node.dn = entry.dn;
  node.where = where;
  node.name = name_of_labels(entry.dn);
  node.canonical = domain_text(entry.first("inetCanonicalDomainName"));
  node.is_alias = entry.has("aliasedObjectName") && !entry.has("inetDomainBaseDN");
  node.target_text = entry.first(node.is_alias ? "aliasedObjectName" : "inetDomainBaseDN");
  node.target = key_of(node.target_text);
  Entry copy = entry;
  Telling told(report, entry.dn.text(), entry.line);
  drop_foreign_lines(copy, schema_, dropped_, told);
  node.lines = std::move(copy.lines);
  order_.push_back(entry.dn.key());
  nodes_.insert_or_assign(entry.dn.key(), std::move(node));
}

// The server does not follow aliases: that of a domain becomes a name of it, that of anything else is told.
void DomainPlan::see_alias(const Entry& entry, const std::string& where) {
  Node node;
  node.dn = entry.dn;
  node.where = where;
  node.name = name_of_labels(entry.dn);
  if (node.name.empty()) node.name = ascii::to_lower(entry.dn.steps().front().front().second);
  node.is_alias = true;
  node.target_text = entry.first("aliasedObjectName");
  if (node.target_text.empty()) node.target_text = entry.first("aliasedEntryName");
  node.target = key_of(node.target_text);
  order_.push_back(entry.dn.key());
  nodes_.insert_or_assign(entry.dn.key(), std::move(node));
}

void DomainPlan::see_names(const Entry& entry, Report& report) {
  const std::string key = entry.dn.key();
  if (entry.has("sunPreferredDomain")) {
    for (const LdifLine& line : entry.lines) {
      if (!ascii::equal(line.attribute, "sunPreferredDomain") && !ascii::equal(line.attribute, "associatedDomain"))
        continue;
      const auto [owner, is_new] = owners_.emplace(domain_text(line.value), key);
      if (!is_new && owner->second != key)
        report.tell({Act::note, entry.dn.text(), line.line, line.attribute,
                     "the domain " + owner->first + " belongs to another entry as well: mail for it is put off", ""});
    }
    return;
  }
  const auto& [attribute, value] = entry.dn.steps().front().front();
  const bool organisation =
      ascii::equal(attribute, "o") && (entry.has_class("nsManagedDomain") || entry.has_class("organization"));
  if (!organisation || !looks_like_domain(value)) return;
  Node node;
  node.dn = entry.dn;
  node.where = "4.x names no domains, but users have addresses in it";
  node.name = domain_text(value);
  node.target = key;
  candidates_.emplace(key, std::move(node));
}

// The key of the top that a node stands for, through aliases; nullopt if they lead nowhere.
std::optional<std::string> DomainPlan::top_behind(const Node& node) const {
  const Node* current = &node;
  for (int hops = 0; current->is_alias && hops < max_aliases; ++hops) {
    const auto next = nodes_.find(current->target);
    if (next == nodes_.end()) {
      const bool has_names = std::any_of(owners_.begin(), owners_.end(),
                                         [&](const auto& owner) { return owner.second == current->target; });
      return has_names ? std::optional(current->target) : std::nullopt;
    }
    current = &next->second;
  }
  if (current->is_alias) return std::nullopt;
  return current->target;
}

void DomainPlan::place(const Node& node, const std::function<bool(const std::string&)>& exists) {
  const std::string key = node.dn.key();
  const auto top = top_behind(node);
  if (!top) {
    fates_[key] = {Act::left_out, "an alias of " + node.target_text + ", which is no domain; aliases are not followed"};
    return;
  }
  if (!exists(*top) || (nodes_.count(*top) != 0 && *top != key)) {
    fates_[key] = {Act::left_out, "its users are at " + node.target_text + ", which is not in the files"};
    return;
  }
  const auto [owner, is_new] = owners_.emplace(node.name, *top);
  if (!is_new && owner->second != *top) {
    fates_[key] = {Act::left_out, "the domain " + node.name + " belongs to " + owner->second + " already"};
    return;
  }
  if (!node.canonical.empty()) owners_.emplace(node.canonical, *top);
  tops_[*top].push_back(&node);
  if (*top != key) fates_[key] = {Act::merged, "the domain " + node.name + " becomes part of " + *top};
}

Result<void> DomainPlan::decide(const std::vector<NamedDomain>& named,
                                const std::function<bool(const std::string&)>& exists) {
  for (const std::string& key : order_) place(nodes_.at(key), exists);
  for (const NamedDomain& domain : named) {
    const std::string key = domain.place.key();
    if (!exists(key) || fates_.count(key) != 0)
      return Error::permanent(Condition::no_such_mailbox, "",
                              "--domain " + domain.name + ": " + domain.place.text() + " is not in the files");
    Node node;
    node.dn = domain.place;
    node.where = "--domain";
    node.name = domain_text(domain.name);
    node.target = key;
    const std::string made = "--domain " + node.name;
    owners_[node.name] = key;
    tops_[key].push_back(&nodes_.insert_or_assign(made, std::move(node)).first->second);
  }
  for (const auto& [key, node] : candidates_)
    if (tops_.count(key) == 0 && user_domains_.count(node.name) != 0 && owners_.emplace(node.name, key).second)
      tops_[key].push_back(&node);
  return {};
}

const DomainPlan::Fate* DomainPlan::fate_of(const std::string& key) const {
  const auto found = fates_.find(key);
  return found == fates_.end() ? nullptr : &found->second;
}

void DomainPlan::complete(Entry& entry, Telling& told) const {
  const auto top = tops_.find(entry.dn.key());
  if (top == tops_.end()) return;
  const std::vector<const Node*>& nodes = top->second;
  std::string canonical = domain_text(entry.first("sunPreferredDomain"));
  const Node* first = nodes.front();
  for (const Node* const node : nodes)
    if (first->is_alias && !node->is_alias) first = node;
  if (canonical.empty()) canonical = first->canonical.empty() ? first->name : first->canonical;
  for (const Node* const node : nodes)
    if (!node->is_alias && node->name == canonical) first = node;
  if (!entry.has_class("sunManagedOrganization"))
    told.added(entry, "objectClass", "sunManagedOrganization", "the server looks for domains in entries of this class");
  if (!entry.has("sunPreferredDomain"))
    told.added(entry, "sunPreferredDomain", canonical, "name of the domain (" + first->where + ")");
  add_names(entry, nodes, canonical, told);
  add_settings(entry, *first, told);
  for (const Node* const node : nodes) {
    if (node == first) continue;
    for (const LdifLine& line : node->lines)
      if (is_setting(line.attribute) && !entry.has_value(line.attribute, line.value))
        told.about(Act::left_out, line,
                   "a setting of " + node->name + " (" + node->where + "); it shares the users of " + canonical +
                       " and cannot have its own");
  }
}

void DomainPlan::add_names(Entry& entry, const std::vector<const Node*>& nodes, const std::string& canonical,
                           Telling& told) const {
  const auto add = [&](const std::string& name, const std::string& where) {
    if (name.empty() || name == canonical || entry.has_value("associatedDomain", name)) return;
    told.added(entry, "associatedDomain", name, "another name of the domain (" + where + ")");
  };
  for (const Node* const node : nodes) {
    add(node->name, node->where);
    add(node->canonical, node->where);
    for (const LdifLine& line : node->lines)
      if (ascii::equal(line.attribute, "associatedDomain")) add(domain_text(line.value), node->where);
  }
}

// The old server read mail settings from the node and the status of all services from the organisation first.
void DomainPlan::add_settings(Entry& entry, const Node& node, Telling& told) const {
  for (const LdifLine& line : node.lines) {
    if (ascii::equal(line.attribute, "objectClass")) {
      const ClassKind* const kind = schema_.object_class(ascii::trim(line.value));
      const bool extra = kind == nullptr || (kind->sort == ClassSort::auxiliary && kind->name != "dcObject" &&
                                             kind->name != "inetDomainAlias" && kind->name != "domainRelatedObject");
      const bool wanted = extra && dropped_.count(ascii::to_lower(line.value)) == 0;
      if (wanted && !entry.has_class(line.value)) told.added(entry, "objectClass", line.value, "from " + node.where);
      continue;
    }
    const AttributeKind* const kind = schema_.attribute(base_name(line.attribute));
    if (!is_setting(line.attribute) || kind == nullptr || entry.has_value(line.attribute, line.value)) continue;
    const bool theirs = entry.has(line.attribute) && (kind->single_valued || kind->name == "description");
    if (!theirs) {
      told.added(entry, line.attribute, line.value, "from " + node.where);
      continue;
    }
    const auto own = std::find_if(entry.lines.begin(), entry.lines.end(),
                                  [&](const LdifLine& other) { return ascii::equal(other.attribute, line.attribute); });
    if (kind->name == "inetDomainStatus" || kind->name == "description") {
      told.about(Act::removed, line, "of " + node.where + "; that of the organisation counts");
    } else {
      told.about(Act::changed, *own,
                 "\"" + ascii::printable(line.value, 100) + "\" from " + node.where + ", which counted for mail");
      own->value = line.value;
    }
  }
}

std::map<std::string, std::uint64_t> DomainPlan::homeless() const {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [name, users] : user_domains_)
    if (owners_.count(name) == 0) out.emplace(name, users);
  return out;
}

}  // namespace mailtree::migration
