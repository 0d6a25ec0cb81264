// SPDX-License-Identifier: Apache-2.0
#include "migration/class_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"

namespace mailtree::migration {
namespace {

// Harmless holders of attributes, for entries of servers that did not check: none makes a mail user or a domain of it.
constexpr std::array helpers = {"inetUser",
                                "inetSubscriber",
                                "ipUser",
                                "userPresenceProfile",
                                "inetAdmin",
                                "inetDomainAuthInfo",
                                "inetDomainOrg",
                                "inetMailGroupManagement",
                                "dcObject",
                                "labeledURIObject",
                                "domainRelatedObject"};

class ClassFitter {
 public:
  ClassFitter(Entry& entry, const SchemaTable& schema, const Names& dropped, bool holds_others, Telling& told)
      : entry_(entry), schema_(schema), dropped_(dropped), told_(told), holds_others_(holds_others) {}

  std::optional<std::string> run() {
    drop_unknown();
    if (auto reason = choose_structural()) return reason;
    free_empty_groups();
    add_naming_values();
    if (auto reason = add_demanded()) return reason;
    drop_not_allowed();
    note_users();
    return std::nullopt;
  }

 private:
  [[nodiscard]] Classes classes() const {
    Classes found;
    for (const LdifLine& line : entry_.lines)
      if (ascii::equal(line.attribute, "objectClass"))
        if (const ClassKind* const kind = schema_.object_class(ascii::trim(line.value)); kind != nullptr)
          found.push_back(kind);
    return found;
  }
  [[nodiscard]] const std::pair<std::string, std::string>& naming() const { return entry_.dn.steps().front().front(); }
  [[nodiscard]] bool is_named_by(std::string_view attribute) const {
    const AttributeKind* const kind = schema_.attribute(attribute);
    return kind != nullptr && kind == schema_.attribute(naming().first);
  }

  void drop_unknown();
  std::optional<std::string> choose_structural();
  [[nodiscard]] const ClassKind* best_of(const Classes& tops) const;
  [[nodiscard]] std::string class_by_name() const;
  void drop_class(const ClassKind& kind, const std::string& why);
  void free_empty_groups();
  void add_naming_values();
  std::optional<std::string> add_demanded();
  [[nodiscard]] std::string derived(std::string_view attribute) const;
  void drop_not_allowed();
  bool add_helper(const AttributeKind& kind);
  void note_users();

  Entry& entry_;
  const SchemaTable& schema_;
  const Names& dropped_;
  Telling& told_;
  bool holds_others_;
};

void ClassFitter::drop_unknown() {
  std::vector<LdifLine> kept;
  for (LdifLine& line : entry_.lines) {
    const std::string name = ascii::to_lower(ascii::trim(line.value));
    if (!ascii::equal(line.attribute, "objectClass"))
      kept.push_back(std::move(line));
    else if (dropped_.count(name) != 0)
      told_.about(Act::removed, line, "as --drop says", false);
    else if (schema_.object_class(name) == nullptr)
      told_.about(Act::left_out, line, "unknown class");
    else
      kept.push_back(std::move(line));
  }
  entry_.lines = std::move(kept);
}

void ClassFitter::drop_class(const ClassKind& kind, const std::string& why) {
  for (std::size_t i = 0; i < entry_.lines.size(); ++i) {
    const LdifLine& line = entry_.lines[i];
    if (!ascii::equal(line.attribute, "objectClass") || schema_.object_class(ascii::trim(line.value)) != &kind)
      continue;
    told_.about(Act::removed, line, why);
    entry_.remove(&line);
    return;
  }
}

// One structural class and those above it can stay. Exports have "domain" beside "organization", groupOfURLs beside
// groupOfUniqueNames, or none at all where mailGroup was structural.
std::optional<std::string> ClassFitter::choose_structural() {
  const Classes all = classes();
  Classes tops;
  for (const ClassKind* const kind : all) {
    const bool below_another = std::any_of(all.begin(), all.end(), [&](const ClassKind* other) {
      return other->sort == ClassSort::structural && schema_.is_below(*other, *kind);
    });
    const bool again = std::find(tops.begin(), tops.end(), kind) != tops.end();
    if (kind->sort == ClassSort::structural && !below_another && !again) tops.push_back(kind);
  }
  if (tops.empty()) {
    const bool bare =
        std::all_of(all.begin(), all.end(), [](const ClassKind* kind) { return kind->sort == ClassSort::abstract; });
    if (bare && !holds_others_) return "none of its classes is known";
    const std::string name = class_by_name();
    if (name.empty()) return "no structural class, and none goes with a name of \"" + naming().first + "\"";
    told_.added(entry_, "objectClass", name, "an entry needs a structural class");
    return std::nullopt;
  }
  const ClassKind* const kept = best_of(tops);
  for (const ClassKind* const kind : tops) {
    if (kind == kept) continue;
    for (const ClassKind* const above : schema_.with_superiors(*kind))
      if (above->sort == ClassSort::structural && above != kept && !schema_.is_below(*kept, *above))
        drop_class(*above, "an entry has one structural class; " + kept->name + " is kept");
  }
  return std::nullopt;
}

// The class that the entry is named by, then the one with most above it, then the first.
const ClassKind* ClassFitter::best_of(const Classes& tops) const {
  const auto rank = [this](const ClassKind* kind) {
    const Attributes must = schema_.demanded({kind});
    const bool names_it = must.count(schema_.attribute(naming().first)) != 0;
    const bool only_urls = kind->name == "groupOfURLs";  // memberURL goes with inetMailGroup as well
    return (names_it ? 100 : 0) + static_cast<int>(schema_.with_superiors(*kind).size()) * 2 - (only_urls ? 1 : 0);
  };
  return *std::max_element(tops.begin(), tops.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
}

std::string ClassFitter::class_by_name() const {
  const bool group = entry_.has_class("mailGroup") || entry_.has_class("inetMailGroup");
  if (group && (is_named_by("cn") || entry_.has("cn"))) return "mailtreeGroup";
  const bool user =
      entry_.has_class("inetMailUser") || entry_.has_class("mailRecipient") || entry_.has_class("inetUser");
  if (user && (is_named_by("uid") || is_named_by("cn"))) return "inetOrgPerson";
  if (is_named_by("o")) return "organization";
  if (is_named_by("ou")) return "organizationalUnit";
  if (is_named_by("dc")) return "domain";
  if (is_named_by("l")) return "locality";
  if (is_named_by("c")) return "country";
  if (is_named_by("uid")) return "account";
  if (is_named_by("cn")) return "applicationProcess";
  return "";
}

// Groups of addresses and URLs alone: OpenLDAP's classes of groups demand a member.
void ClassFitter::free_empty_groups() {
  for (const auto& [name, member] :
       {std::pair{"groupOfUniqueNames", "uniqueMember"}, std::pair{"groupOfNames", "member"}}) {
    const ClassKind* const kind = schema_.object_class(name);
    if (kind == nullptr || !entry_.has_class(name) || entry_.has(member)) continue;
    if (schema_.demanded({kind}).count(schema_.attribute(member)) == 0) continue;
    drop_class(*kind, std::string("it demands a ") + member + "; mailtreeGroup takes its place");
    told_.added(entry_, "objectClass", "mailtreeGroup", "a group without " + std::string(member));
  }
}

// RFC 4512 section 2.3.1: what names an entry is among its values.
void ClassFitter::add_naming_values() {
  for (const auto& [attribute, value] : entry_.dn.steps().front()) {
    const AttributeKind* const kind = schema_.attribute(attribute);
    const bool there =
        std::any_of(entry_.lines.begin(), entry_.lines.end(), [&, &wanted = value](const LdifLine& line) {
          return schema_.attribute(line.attribute) == kind &&
                 ascii::equal(ascii::trim(line.value), ascii::trim(wanted));
        });
    if (kind != nullptr && !there) told_.added(entry_, attribute, value, "it is part of the entry's name");
  }
}

std::optional<std::string> ClassFitter::add_demanded() {
  for (const AttributeKind* const kind : schema_.demanded(classes())) {
    const bool there = std::any_of(entry_.lines.begin(), entry_.lines.end(), [&](const LdifLine& line) {
      return schema_.attribute(base_name(line.attribute)) == kind;
    });
    if (there) continue;
    std::string value = derived(kind->name);
    if (value.empty()) return "its classes demand the attribute " + kind->name;
    told_.added(entry_, kind->name, std::move(value), "its classes demand it");
  }
  if (entry_.lines.empty()) return std::string("nothing of it is left");
  return std::nullopt;
}

std::string ClassFitter::derived(std::string_view attribute) const {
  if (attribute == "objectClass") return "top";
  if (attribute == "inetDomainStatus") return "active";  // what a missing one means
  std::string_view name = entry_.first("cn");
  for (const std::string_view other : {"displayName", "givenName", "uid"})
    if (name.empty()) name = entry_.first(other);
  if (attribute == "cn") return std::string(name.empty() ? std::string_view(naming().second) : name);
  const std::size_t blank = name.rfind(' ');
  if (attribute == "sn") return std::string(blank == std::string_view::npos ? name : name.substr(blank + 1));
  return "";
}

void ClassFitter::drop_not_allowed() {
  std::map<const AttributeKind*, bool> allowed;  // a group may have ten thousand members
  std::vector<std::string> attributes;           // add_helper() changes entry_.lines
  for (const LdifLine& line : entry_.lines) attributes.push_back(line.attribute);
  for (const std::string& attribute : attributes) {
    const AttributeKind* const kind = schema_.attribute(base_name(attribute));
    if (allowed.count(kind) == 0) allowed[kind] = schema_.allows(classes(), *kind) || add_helper(*kind);
  }
  std::vector<LdifLine> kept;
  for (LdifLine& line : entry_.lines) {
    const AttributeKind* const kind = schema_.attribute(base_name(line.attribute));
    const auto verdict = allowed.find(kind);
    if (verdict == allowed.end() || verdict->second)
      kept.push_back(std::move(line));
    else
      told_.about(Act::left_out, line, "no class of the entry allows it");
  }
  entry_.lines = std::move(kept);
}

bool ClassFitter::add_helper(const AttributeKind& kind) {
  std::vector<std::string> names(helpers.begin(), helpers.end());
  // Of an entry that gets mail anyway.
  if (entry_.has_class("inetMailUser") || entry_.has_class("inetMailGroup"))
    names.emplace_back("inetLocalMailRecipient");
  for (const std::string& name : names) {
    const ClassKind* const helper = schema_.object_class(name);
    if (helper == nullptr || helper->sort != ClassSort::auxiliary || !schema_.allows({helper}, kind)) continue;
    // A helper that demands more than it was called for would have to be fed in turn.
    const Attributes must = schema_.demanded({helper});
    const bool content = std::all_of(must.begin(), must.end(), [&](const AttributeKind* needed) {
      return needed == &kind || needed->name == "objectClass";
    });
    if (!content) continue;
    told_.added(entry_, "objectClass", name, "no other class of the entry allows " + kind.name);
    return true;
  }
  return false;
}

// What the server will not take for a mail user, although the export may mean it.
void ClassFitter::note_users() {
  const bool older = entry_.has_class("mailRecipient");
  if (!older && !entry_.has_class("inetMailUser")) return;
  if (entry_.has_class("mailGroup") || entry_.has_class("inetMailGroup")) return;
  if (older && !entry_.has_class("inetMailUser") && !entry_.has_class("nsMessagingServerUser"))
    told_.about_entry(Act::note, "mailRecipient without nsMessagingServerUser: no mail user, neither before nor here");
  else if (!entry_.has("uid"))
    told_.about_entry(Act::note, "a mail user without uid has no mailbox");
}

}  // namespace

std::optional<std::string> fit_classes(Entry& entry, const SchemaTable& schema, const Names& dropped, bool holds_others,
                                       Telling& told) {
  return ClassFitter(entry, schema, dropped, holds_others, told).run();
}

}  // namespace mailtree::migration
