// SPDX-License-Identifier: Apache-2.0
#include "migration/line_rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

#include "base/ascii.h"

namespace mailtree::migration {
namespace {

struct Foreign {
  std::string_view attribute;
  std::string_view reason;
};

constexpr std::string_view of_the_server = "kept by the old server for itself";
constexpr std::string_view of_the_policy = "state of the old server's password policy";
constexpr std::string_view of_replication = "state of the old server's replication";
constexpr std::string_view of_limits = "a limit of the old server for this entry's own searches";
constexpr std::string_view of_roles = "roles are Directory Server's own; groups and mailtreeAdminRole take their place";

// Lower case. What the schema itself calls operational need not stand here.
constexpr std::array foreign = {
    Foreign{"aci", "access rules are written differently: schema/README.md has those that are needed"},
    Foreign{"nsuniqueid", of_the_server},
    Foreign{"entryid", of_the_server},
    Foreign{"parentid", of_the_server},
    Foreign{"dncomp", of_the_server},
    Foreign{"numsubordinates", of_the_server},
    Foreign{"ldapsyntaxes", of_the_server},
    Foreign{"nsbackendsuffix", of_the_server},
    Foreign{"nscpentrydn", of_the_server},
    Foreign{"nsparentuniqueid", of_the_server},
    Foreign{"tombstonenumsubordinates", of_the_server},
    Foreign{"nssizelimit", of_limits},
    Foreign{"nstimelimit", of_limits},
    Foreign{"nslookthroughlimit", of_limits},
    Foreign{"nsidletimeout", of_limits},
    Foreign{"passwordexpirationtime", of_the_policy},
    Foreign{"passwordexpwarned", of_the_policy},
    Foreign{"passwordretrycount", of_the_policy},
    Foreign{"retrycountresettime", of_the_policy},
    Foreign{"accountunlocktime", of_the_policy},
    Foreign{"passwordhistory", of_the_policy},
    Foreign{"passwordallowchangetime", of_the_policy},
    Foreign{"passwordpolicysubentry", of_the_policy},
    Foreign{"pwdpolicysubentry", of_the_policy},
    Foreign{"pwdchangedtime", of_the_policy},
    Foreign{"pwdaccountlockedtime", of_the_policy},
    Foreign{"pwdfailuretime", of_the_policy},
    Foreign{"pwdhistory", of_the_policy},
    Foreign{"pwdgraceusetime", of_the_policy},
    Foreign{"pwdreset", of_the_policy},
    Foreign{"pwdlastauthtime", of_the_policy},
    Foreign{"pwdkeeplastauthtime", of_the_policy},
    Foreign{"copiedfrom", of_replication},
    Foreign{"copyingfrom", of_replication},
    Foreign{"nsds5replconflict", of_replication},
    Foreign{"ruv", of_replication},
    Foreign{"nsds50ruv", of_replication},
    Foreign{"nsrole", of_roles},
    Foreign{"nsroledn", of_roles},
    Foreign{"nsaccountlock", "made a status"},
    Foreign{"cosspecifier", of_roles},
};

constexpr std::array foreign_classes = {
    Foreign{"nstombstone", "deleted on the old server"},
    Foreign{"ldapsubentry", "settings of the old server (roles, classes of service, policies)"},
    Foreign{"nsroledefinition", of_roles},
    Foreign{"cossuperdefinition", "classes of service are Directory Server's own"},
    Foreign{"costemplate", "classes of service are Directory Server's own"},
    Foreign{"passwordpolicy", "a password policy of the old server"},
};

template <typename List>
const Foreign* find(const List& list, std::string_view name) {
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Foreign& f) { return ascii::equal(f.attribute, name); });
  return found == list.end() ? nullptr : &*found;
}

// Of a name with options: those that OpenLDAP takes.
bool has_known_options(std::string_view attribute) {
  while (attribute.find(';') != std::string_view::npos) {
    attribute.remove_prefix(attribute.find(';') + 1);
    const std::string_view option = attribute.substr(0, attribute.find(';'));
    if (!ascii::starts_with(option, "lang-") && !ascii::equal(option, "binary")) return false;
  }
  return true;
}

// A locked account stays locked: mailtree reads inetUserStatus.
void lock(Entry& entry, Telling& told) {
  if (!ascii::equal(entry.first("nsAccountLock"), "true")) return;
  const std::string reason = "nsAccountLock is true: the account stays locked";
  for (LdifLine& line : entry.lines) {
    if (!ascii::equal(line.attribute, "inetUserStatus")) continue;
    if (!ascii::equal(ascii::trim(line.value), "active")) return;
    told.about(Act::changed, line, "inactive: " + reason);
    line.value = "inactive";
    return;
  }
  told.added(entry, "inetUserStatus", "inactive", reason);
}

void fit_password(LdifLine& line, Telling& told) {
  const std::size_t end = line.value.find('}');
  if (!line.value.starts_with('{') || end == std::string::npos) return;
  const std::string scheme = ascii::to_upper(line.value.substr(1, end - 1));
  if (scheme == "CLEAR" || scheme == "CLEARTEXT") {
    line.value.erase(0, end + 1);
    told.about(Act::changed, line, "OpenLDAP takes what has no scheme for the password itself");
    return;
  }
  for (const std::string_view known : {"SSHA", "SHA", "SMD5", "MD5", "CRYPT", "SASL"})
    if (scheme == known) return;
  told.about(Act::note, line,
             "a plain slapd knows no {" + ascii::printable(scheme, 40) +
                 "}: no login until the module for it is loaded or a new password set");
}

}  // namespace

std::optional<std::string> reason_to_skip(const Entry& entry) {
  for (const LdifLine& line : entry.lines)
    if (ascii::equal(line.attribute, "objectClass"))
      if (const Foreign* const found = find(foreign_classes, ascii::trim(line.value)); found != nullptr)
        return std::string(found->reason);
  const auto& steps = entry.dn.steps();
  if (steps.empty()) return "the entry of the server itself";
  const auto& [attribute, value] = steps.back().front();
  if (ascii::equal(attribute, "o") && ascii::equal(value, "NetscapeRoot")) return "settings of the old server";
  if (ascii::equal(attribute, "cn") &&
      (ascii::equal(value, "config") || ascii::equal(value, "schema") || ascii::equal(value, "monitor")))
    return "settings of the old server";
  return std::nullopt;
}

void drop_foreign_lines(Entry& entry, const SchemaTable& schema, const Names& dropped, Telling& told) {
  lock(entry, told);
  std::vector<LdifLine> kept;
  for (LdifLine& line : entry.lines) {
    const std::string_view name = base_name(line.attribute);
    const AttributeKind* const kind = schema.attribute(name);
    if (const Foreign* const known = find(foreign, name); known != nullptr) {
      const bool own =
          known->reason == of_the_server || known->reason == of_the_policy || known->reason == of_replication;
      told.about(Act::removed, line, std::string(known->reason), !own);
    } else if (dropped.count(ascii::to_lower(name)) != 0) {
      told.about(Act::removed, line, "as --drop says", false);
    } else if (kind == nullptr) {
      told.about(Act::left_out, line, "unknown attribute");
    } else if (kind->operational) {
      told.about(Act::removed, line, "operational: the new server makes its own", false);
    } else if (!has_known_options(line.attribute)) {
      told.about(Act::left_out, line, "unknown option behind the name");
    } else if (ascii::trim(line.value).empty()) {
      told.about(Act::removed, line, "empty value");
    } else {
      kept.push_back(std::move(line));
    }
  }
  entry.lines = std::move(kept);
}

void fit_values(Entry& entry, const SchemaTable& schema, const Moves& moves, Telling& told) {
  std::vector<LdifLine> kept;
  for (LdifLine& line : entry.lines) {
    const AttributeKind* const kind = schema.attribute(base_name(line.attribute));
    const Repair repair = fit(*kind, line.value);
    if (repair.outcome == Repair::Outcome::unusable) {
      told.about(Act::left_out, line, repair.reason);
      continue;
    }
    if (repair.outcome == Repair::Outcome::changed) {
      told.about(Act::changed, line, repair.reason);
      line.value = repair.value;
    }
    if (Repair moved = move(*kind, line.value, moves); moved.outcome == Repair::Outcome::changed) {
      told.about(Act::changed, line, moved.reason);
      line.value = std::move(moved.value);
    }
    if (ascii::equal(line.attribute, "userPassword")) fit_password(line, told);
    kept.push_back(std::move(line));
  }
  entry.lines = std::move(kept);
}

void drop_surplus_values(Entry& entry, const SchemaTable& schema, Telling& told) {
  std::map<std::string, std::map<std::string, std::size_t>> seen;  // attribute with options: value, its line
  std::vector<LdifLine> kept;
  for (LdifLine& line : entry.lines) {
    const AttributeKind* const kind = schema.attribute(base_name(line.attribute));
    auto& values = seen[kind->name + ascii::to_lower(line.attribute.substr(base_name(line.attribute).size()))];
    const auto [same, is_new] = values.emplace(value_key(*kind, line.value), line.line);
    if (!is_new) {
      told.about(
          Act::removed, line,
          same->second == 0 ? "a doubled value" : "the value of line " + std::to_string(same->second) + " again");
    } else if (kind->single_valued && values.size() > 1) {
      told.about(Act::left_out, line, "can have one value only; the first is kept");
    } else {
      kept.push_back(std::move(line));
    }
  }
  entry.lines = std::move(kept);
}

}  // namespace mailtree::migration
