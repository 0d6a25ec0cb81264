// SPDX-License-Identifier: Apache-2.0
#include "migration/ldap_target.h"

#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "migration/value_rules.h"

namespace mailtree::migration {
namespace {

constexpr timeval connect_timeout{10, 0};
constexpr timeval answer_timeout{60, 0};
constexpr const char* system_authorities = "/etc/ssl/certs/ca-certificates.crt";

// The server is not there any more, or will take nothing: no use in going on.
bool ends_all(int code) {
  return code < 0 || code == LDAP_BUSY || code == LDAP_UNAVAILABLE || code == LDAP_STRONG_AUTH_REQUIRED ||
         code == LDAP_CONFIDENTIALITY_REQUIRED || code == LDAP_INSUFFICIENT_ACCESS;
}

berval octets(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}  // not written to

// Attributes in the form libldap wants, pointing into the entry.
class Modifications {
 public:
  void add(int operation, const std::string& attribute, const std::vector<const std::string*>& values) {
    Part& part = parts_.emplace_back();
    part.attribute = attribute;
    for (const std::string* const value : values) part.values.push_back(octets(*value));
    for (berval& value : part.values) part.pointers.push_back(&value);
    part.pointers.push_back(nullptr);
    part.mod.mod_op = operation | LDAP_MOD_BVALUES;
    part.mod.mod_type = part.attribute.data();
    part.mod.mod_bvalues = part.pointers.data();
  }
  LDAPMod** get() {
    list_.clear();
    for (Part& part : parts_) list_.push_back(&part.mod);
    list_.push_back(nullptr);
    return list_.data();
  }

 private:
  struct Part {
    std::string attribute;
    std::vector<berval> values;
    std::vector<berval*> pointers;
    LDAPMod mod{};
  };
  std::deque<Part> parts_;
  std::vector<LDAPMod*> list_;
};

// Values by attribute (with options, folded), in the order of the entry.
struct Values {
  std::string attribute;
  std::vector<const std::string*> values;
};
std::map<std::string, Values> grouped(const Entry& entry, const SchemaTable& schema) {
  std::map<std::string, Values> out;
  for (const LdifLine& line : entry.lines) {
    const std::string_view base = base_name(line.attribute);
    const AttributeKind* const kind = schema.attribute(base);
    const std::string name = kind == nullptr ? std::string(base) : kind->name;
    Values& group = out[ascii::to_lower(name + line.attribute.substr(base.size()))];
    if (group.attribute.empty()) group.attribute = line.attribute;
    group.values.push_back(&line.value);
  }
  return out;
}

std::set<std::string> keys(const Values* values, const AttributeKind* kind) {
  std::set<std::string> out;
  if (values != nullptr)
    for (const std::string* const value : values->values)
      out.insert(kind == nullptr ? *value : value_key(*kind, *value));
  return out;
}

}  // namespace

Error LdapTarget::failure(const char* step, int code) const {
  char* detail = nullptr;
  ldap_get_option(ldap_.get(), LDAP_OPT_DIAGNOSTIC_MESSAGE, &detail);
  std::string text = options_.uri + ": " + step + ": " + ldap_err2string(code);
  if (detail != nullptr && *detail != '\0') text += std::string(" (") + detail + ")";
  ldap_memfree(detail);
  return Error::permanent(Condition::unavailable, "", std::move(text));
}

Result<std::unique_ptr<LdapTarget>> LdapTarget::open(LdapOptions options) {
  LDAP* raw = nullptr;
  const int made = ldap_initialize(&raw, options.uri.c_str());
  if (made != LDAP_SUCCESS) return Error::permanent(Condition::syntax, "", options.uri + ": " + ldap_err2string(made));
  std::unique_ptr<LdapTarget> target(new LdapTarget(Handle(raw), std::move(options)));
  const int version = LDAP_VERSION3;
  ldap_set_option(raw, LDAP_OPT_PROTOCOL_VERSION, &version);
  ldap_set_option(raw, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);  // they would carry the password to whom somebody else named
  ldap_set_option(raw, LDAP_OPT_NETWORK_TIMEOUT, &connect_timeout);
  ldap_set_option(raw, LDAP_OPT_TIMEOUT, &answer_timeout);
  const LdapOptions& wanted = target->options_;
  if (wanted.start_tls || wanted.uri.starts_with("ldaps:")) {
    const int demand = LDAP_OPT_X_TLS_DEMAND, client = 0;
    ldap_set_option(raw, LDAP_OPT_X_TLS_CACERTFILE,
                    wanted.ca_file.empty() ? system_authorities : wanted.ca_file.c_str());
    ldap_set_option(raw, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    ldap_set_option(raw, LDAP_OPT_X_TLS_NEWCTX, &client);
  }
  if (wanted.start_tls)
    if (const int code = ldap_start_tls_s(raw, nullptr, nullptr); code != LDAP_SUCCESS)
      return target->failure("StartTLS", code);
  if (auto bound = target->bind(); !bound) return bound.error();
  return target;
}

Result<void> LdapTarget::bind() {
  const bool external = options_.bind_dn.empty() && options_.uri.starts_with("ldapi:");
  if (options_.bind_dn.empty() && !external) return {};
  // RFC 4513 section 5.1.2: a name without a password is an anonymous bind that looks like a success.
  if (!external && options_.password.empty())
    return Error::permanent(Condition::bad_credentials, "", "the password of " + options_.bind_dn + " is empty");
  const berval secret = octets(options_.password);
  std::string nobody;  // RFC 4422 appendix A: an empty identity, sent at once, is that of the process
  berval none = octets(nobody);
  const int code = external ? ldap_sasl_bind_s(ldap_.get(), nullptr, "EXTERNAL", &none, nullptr, nullptr, nullptr)
                            : ldap_sasl_bind_s(ldap_.get(), options_.bind_dn.c_str(), LDAP_SASL_SIMPLE,
                                               const_cast<berval*>(&secret), nullptr, nullptr, nullptr);
  if (code != LDAP_SUCCESS) return failure("bind", code);
  return {};
}

Result<std::optional<Entry>> LdapTarget::read(const std::string& dn, const char* attribute) {
  std::string wanted = attribute;
  char* attributes[] = {wanted.data(), nullptr};
  LDAPMessage* raw = nullptr;
  const int code = ldap_search_ext_s(ldap_.get(), dn.c_str(), LDAP_SCOPE_BASE, "(objectClass=*)", attributes, 0,
                                     nullptr, nullptr, nullptr, 1, &raw);
  const std::unique_ptr<LDAPMessage, decltype(&ldap_msgfree)> answer(raw, &ldap_msgfree);
  if (code == LDAP_NO_SUCH_OBJECT) return std::optional<Entry>();
  if (code != LDAP_SUCCESS) return failure("search", code);
  LDAPMessage* const message = ldap_first_entry(ldap_.get(), answer.get());
  if (message == nullptr) return std::optional<Entry>();
  Entry entry;
  BerElement* cursor = nullptr;
  for (char* name = ldap_first_attribute(ldap_.get(), message, &cursor); name != nullptr;
       name = ldap_next_attribute(ldap_.get(), message, cursor)) {
    berval** const values = ldap_get_values_len(ldap_.get(), message, name);
    for (int i = 0; values != nullptr && values[i] != nullptr; ++i)
      entry.add(name, std::string(values[i]->bv_val, values[i]->bv_len));
    ldap_value_free_len(values);
    ldap_memfree(name);
  }
  ber_free(cursor, 0);
  return std::optional<Entry>(std::move(entry));
}

Result<SchemaTable> LdapTarget::read_schema() {
  const auto root = read("", "subschemaSubentry");
  if (!root) return root.error();
  const std::string place(*root ? (*root)->first("subschemaSubentry") : "");
  std::vector<std::string> attributes, classes;
  for (auto* const list : {&attributes, &classes}) {
    const auto found = read(place, list == &attributes ? "attributeTypes" : "objectClasses");
    if (!found) return found.error();
    if (*found)
      for (const LdifLine& line : (*found)->lines) list->push_back(line.value);
  }
  if (attributes.empty() || classes.empty())
    return Error::permanent(Condition::denied, "", options_.uri + ": the schema (" + place + ") cannot be read");
  return SchemaTable::of(attributes, classes);
}

Result<Landing> LdapTarget::put(const Entry& entry) {
  const std::string dn = entry.dn.text();
  if (!options_.dry_run) {
    Modifications all;
    for (const auto& [name, group] : grouped(entry, *schema_)) all.add(LDAP_MOD_ADD, group.attribute, group.values);
    const int code = ldap_add_ext_s(ldap_.get(), dn.c_str(), all.get(), nullptr, nullptr);
    if (code == LDAP_SUCCESS) return Landing{};
    if (ends_all(code)) return failure(("add " + dn).c_str(), code);
    if (code != LDAP_ALREADY_EXISTS) return Landing{Act::left_out, failure("add", code).detail};
  }
  const auto there = read(dn, "*");
  if (!there) return there.error();
  if (!*there) return Landing{};
  return compare(entry, **there);
}

// What the directory has beyond the export is its own business: users have been at work there.
Result<Landing> LdapTarget::compare(const Entry& entry, const Entry& there) {
  const auto mine = grouped(entry, *schema_), theirs = grouped(there, *schema_);
  std::string differences;
  for (const auto& [name, group] : mine) {
    const AttributeKind* const kind = schema_->attribute(base_name(name));
    const auto other = theirs.find(name);
    // A password that may not be read cannot be compared.
    if (other == theirs.end() && name == "userpassword") continue;
    const auto wanted = keys(&group, kind), found = keys(other == theirs.end() ? nullptr : &other->second, kind);
    bool equal = wanted == found;
    if (name == "objectclass") {  // the server may list superior classes, or not
      equal = true;
      for (const std::string& one : wanted) equal = equal && (found.count(one) != 0 || one == "top");
    }
    if (!equal) differences += (differences.empty() ? "" : ", ") + group.attribute;
  }
  if (differences.empty()) return Landing{Act::present, "is there already, and equal"};
  if (!options_.replace) return Landing{Act::differs, "is there already with other values of " + differences};
  if (options_.dry_run) return Landing{Act::replaced, "would get the values of " + differences};
  return replace(entry, there, differences);
}

Result<Landing> LdapTarget::replace(const Entry& entry, const Entry& there, const std::string& differences) {
  const auto mine = grouped(entry, *schema_), theirs = grouped(there, *schema_);
  Modifications changes;
  for (const auto& [name, group] : mine) {
    const AttributeKind* const kind = schema_->attribute(base_name(name));
    const auto other = theirs.find(name);
    const auto found = keys(other == theirs.end() ? nullptr : &other->second, kind);
    if (name == "objectclass") {  // never fewer: other attributes need theirs
      std::vector<const std::string*> missing;
      for (const std::string* const value : group.values)
        if (found.count(value_key(*kind, *value)) == 0 && !ascii::equal(*value, "top")) missing.push_back(value);
      if (!missing.empty()) changes.add(LDAP_MOD_ADD, group.attribute, missing);
    } else if (keys(&group, kind) != found) {
      changes.add(LDAP_MOD_REPLACE, group.attribute, group.values);
    }
  }
  const int code = ldap_modify_ext_s(ldap_.get(), entry.dn.text().c_str(), changes.get(), nullptr, nullptr);
  if (ends_all(code)) return failure("modify", code);
  if (code != LDAP_SUCCESS) return Landing{Act::left_out, failure("modify", code).detail};
  return Landing{Act::replaced, "was there already; now it has the values of " + differences};
}

}  // namespace mailtree::migration
