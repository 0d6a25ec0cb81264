// SPDX-License-Identifier: Apache-2.0
#include "migration/schema_table.h"

#include <ldap_schema.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/ascii.h"
#include "migration/published_schema.h"

namespace mailtree::migration {
namespace {

constexpr int max_superiors = 16;  // of one attribute or class, one above the other

struct SyntaxForm {
  std::string_view number;  // below 1.3.6.1.4.1.1466.115.121.1
  Form form;
};
constexpr std::array syntax_forms = {
    SyntaxForm{"7", Form::boolean},  SyntaxForm{"11", Form::printable},    SyntaxForm{"12", Form::dn},
    SyntaxForm{"15", Form::text},    SyntaxForm{"24", Form::time},         SyntaxForm{"26", Form::ia5},
    SyntaxForm{"27", Form::integer}, SyntaxForm{"34", Form::name_and_uid}, SyntaxForm{"36", Form::numeric},
    SyntaxForm{"41", Form::text},    SyntaxForm{"44", Form::printable},    SyntaxForm{"50", Form::telephone},
};
constexpr std::string_view syntax_arc = "1.3.6.1.4.1.1466.115.121.1.";

Form form_of(std::string_view syntax) {
  if (!syntax.starts_with(syntax_arc)) return Form::octets;
  const auto* const found = std::find_if(syntax_forms.begin(), syntax_forms.end(), [&](const SyntaxForm& known) {
    return syntax.substr(syntax_arc.size()) == known.number;
  });
  return found == syntax_forms.end() ? Form::octets : found->form;
}

std::vector<std::string> list(char* const* names) {
  std::vector<std::string> out;
  for (; names != nullptr && *names != nullptr; ++names) out.emplace_back(*names);
  return out;
}

Error unreadable(const std::string& definition, int code) {
  return Error::permanent(Condition::syntax, "", std::string(ldap_scherr2str(code)) + ": " + definition);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end, text.size() - 1) + 1);
  }
  return out;
}

}  // namespace

SchemaTable SchemaTable::published() {
  auto table = of(lines_of(published_attributes), lines_of(published_classes));
  return std::move(table.value());
}

Result<SchemaTable> SchemaTable::of(const std::vector<std::string>& attributes,
                                    const std::vector<std::string>& classes) {
  SchemaTable table;
  for (const std::string& definition : attributes)
    if (auto added = table.add_attribute(definition); !added) return added.error();
  for (AttributeKind& kind : table.attributes_) table.inherit(kind, 0);
  for (const std::string& definition : classes)
    if (auto added = table.add_class(definition); !added) return added.error();
  return table;
}

Result<void> SchemaTable::add_attribute(const std::string& definition) {
  int code = 0;
  const char* where = nullptr;
  const std::unique_ptr<LDAPAttributeType, decltype(&ldap_attributetype_free)> parsed(
      ldap_str2attributetype(definition.c_str(), &code, &where, LDAP_SCHEMA_ALLOW_ALL), &ldap_attributetype_free);
  if (parsed == nullptr) return unreadable(definition, code);
  AttributeKind& kind = attributes_.emplace_back();
  const auto names = list(parsed->at_names);
  kind.name = names.empty() ? std::string(parsed->at_oid) : names.front();
  if (parsed->at_sup_oid != nullptr) kind.superior = ascii::to_lower(parsed->at_sup_oid);
  if (parsed->at_syntax_oid != nullptr)
    kind.form = form_of(parsed->at_syntax_oid);
  else
    without_syntax_.insert(&kind);
  kind.single_valued = parsed->at_single_value != 0;
  // The few with another usage that clients may write are settings of the server, no content of an export.
  kind.operational = parsed->at_no_user_mod != 0 || parsed->at_usage != LDAP_SCHEMA_USER_APPLICATIONS;
  const std::string_view equality = parsed->at_equality_oid == nullptr ? "" : parsed->at_equality_oid;
  kind.ignores_case = equality.starts_with("caseIgnore") || equality.starts_with("distinguishedName") ||
                      equality.starts_with("uniqueMember") || equality.starts_with("objectIdentifier") ||
                      equality.starts_with("telephone");
  attribute_names_.emplace(parsed->at_oid, &kind);
  for (const std::string& name : names) attribute_names_.insert_or_assign(ascii::to_lower(name), &kind);
  return {};
}

// RFC 4512 section 4.1.2: syntax and matching come from the superior where they are not said.
void SchemaTable::inherit(AttributeKind& kind, int depth) {
  if (without_syntax_.count(&kind) == 0 || depth > max_superiors) return;
  const auto superior = attribute_names_.find(kind.superior);
  if (superior == attribute_names_.end()) return;
  inherit(*superior->second, depth + 1);
  kind.form = superior->second->form;
  kind.ignores_case = kind.ignores_case || superior->second->ignores_case;
  without_syntax_.erase(&kind);
}

Result<void> SchemaTable::add_class(const std::string& definition) {
  int code = 0;
  const char* where = nullptr;
  const std::unique_ptr<LDAPObjectClass, decltype(&ldap_objectclass_free)> parsed(
      ldap_str2objectclass(definition.c_str(), &code, &where, LDAP_SCHEMA_ALLOW_ALL), &ldap_objectclass_free);
  if (parsed == nullptr) return unreadable(definition, code);
  ClassKind& kind = classes_.emplace_back();
  const auto names = list(parsed->oc_names);
  kind.name = names.empty() ? std::string(parsed->oc_oid) : names.front();
  kind.sort = parsed->oc_kind == LDAP_SCHEMA_ABSTRACT    ? ClassSort::abstract
              : parsed->oc_kind == LDAP_SCHEMA_AUXILIARY ? ClassSort::auxiliary
                                                         : ClassSort::structural;
  for (const std::string& superior : list(parsed->oc_sup_oids)) kind.superiors.push_back(ascii::to_lower(superior));
  kind.must = list(parsed->oc_at_oids_must);
  kind.may = list(parsed->oc_at_oids_may);
  class_names_.emplace(parsed->oc_oid, &kind);
  for (const std::string& name : names) class_names_.insert_or_assign(ascii::to_lower(name), &kind);
  return {};
}

const AttributeKind* SchemaTable::attribute(std::string_view name) const {
  const auto found = attribute_names_.find(ascii::to_lower(name));
  return found == attribute_names_.end() ? nullptr : found->second;
}

const ClassKind* SchemaTable::object_class(std::string_view name) const {
  const auto found = class_names_.find(ascii::to_lower(name));
  return found == class_names_.end() ? nullptr : found->second;
}

void SchemaTable::collect(const ClassKind& kind, Classes& found) const {
  if (std::find(found.begin(), found.end(), &kind) != found.end()) return;
  found.push_back(&kind);
  for (const std::string& name : kind.superiors)
    if (const ClassKind* const superior = object_class(name); superior != nullptr) collect(*superior, found);
}

Classes SchemaTable::with_superiors(const ClassKind& kind) const {
  Classes found;
  collect(kind, found);
  return found;
}

bool SchemaTable::is_below(const ClassKind& kind, const ClassKind& superior) const {
  const Classes above = with_superiors(kind);
  return &kind != &superior && std::find(above.begin(), above.end(), &superior) != above.end();
}

Attributes SchemaTable::demanded(const Classes& classes) const {
  Attributes out;
  for (const ClassKind* const given : classes)
    for (const ClassKind* const kind : with_superiors(*given))
      for (const std::string& name : kind->must)
        if (const AttributeKind* const found = attribute(name); found != nullptr) out.insert(found);
  return out;
}

bool SchemaTable::allows(const Classes& classes, const AttributeKind& wanted) const {
  const auto names = [&](const std::vector<std::string>& list) {
    return std::any_of(list.begin(), list.end(), [&](const std::string& name) { return attribute(name) == &wanted; });
  };
  for (const ClassKind* const given : classes)
    for (const ClassKind* const kind : with_superiors(*given))
      if (kind->name == "extensibleObject" || names(kind->must) || names(kind->may)) return true;
  return false;
}

}  // namespace mailtree::migration
